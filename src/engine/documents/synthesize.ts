import type { NodeContext } from '../node/context.ts'
import type { ChatModel, Synthesizer } from '../node/instances.ts'
import { askAloud } from '../talk/answering.ts'
import { filled } from '../text/template.ts'

/** How engines answer for which no synthesizer was drawn. */
export const defaultSynthesizer: Synthesizer = {
  kind: 'synthesizer',
  way: 'compact',
  prompt:
    'Here is what was found:\n---------------------\n{context}\n---------------------\n' +
    'Answer the question from it alone, not from what you know besides.\n' +
    'Question: {query}\nAnswer:',
  refinePrompt:
    'The question is: {query}\nThe answer so far is: {existingAnswer}\n' +
    'Here is more that was found:\n------------\n{context}\n------------\n' +
    'If it helps, give a better answer; if it does not, repeat the answer so far.\nAnswer:',
}

/** Characters of texts that a model is shown at once; about 10,000 tokens. */
const mostAtOnce = 40_000

interface Material {
  readonly question: string
  readonly texts: readonly string[]
  readonly model: ChatModel
}

/** One answer out of all texts; what the model says last is said in the hearing of the caller. */
export async function synthesize(
  how: Synthesizer,
  { question: query, texts, model }: Material,
  context: NodeContext,
): Promise<string> {
  const say = async (prompt: string, isLast: boolean): Promise<string> => {
    const messages = [{ role: 'user', content: prompt }] as const
    const { signal } = context
    const reply = isLast ? askAloud(model, messages, context) : model.ask({ messages, signal })
    return (await reply).text
  }
  const first = (text: string) => filled(how.prompt, { query, context: text })
  if (how.way === 'tree') {
    let level = packed(texts)
    while (level.length > 1) {
      // Two at least in each group, so that it comes to an end.
      level = packed(await Promise.all(level.map((text) => say(first(text), false))), 2)
    }
    return say(first(level.join('')), true)
  }
  const [start = '', ...rest] = portions(how.way, texts)
  let answer = await say(first(start), rest.length === 0)
  for (const [at, text] of rest.entries()) {
    const values = { query, context: text, existingAnswer: answer }
    answer = await say(filled(how.refinePrompt, values), at === rest.length - 1)
  }
  return answer
}

function portions(way: Synthesizer['way'], texts: readonly string[]): readonly string[] {
  if (way === 'refine') return texts
  return way === 'simple' ? [texts.join('\n\n')] : packed(texts)
}

/** Neighbours together, as long as they fit; so many at least. */
function packed(texts: readonly string[], least = 1): string[] {
  const groups: string[][] = []
  for (const text of texts) {
    const group = groups.at(-1)
    const length = group?.reduce((sum, { length }) => sum + length, text.length) ?? 0
    if (group !== undefined && (group.length < least || length <= mostAtOnce)) group.push(text)
    else groups.push([text])
  }
  return groups.map((group) => group.join('\n\n'))
}
