import type { NodeContext } from '../../node/context.ts'
import { defineNode } from '../../node/define.ts'
import { anchor, anchors, optionalAnchor, text, type InputsOf } from '../../node/inputs.ts'
import type { Chain, OutputParser, Prompt, SpokenMessage } from '../../node/instances.ts'
import type { Answer } from '../../node/result.ts'
import { askAloud, refusalOf } from '../../talk/answering.ts'
import { parseAnswer } from '../../talk/output-parser.ts'
import { fillPrompt } from '../../talk/prompt.ts'

const inputs = {
  model: anchor('chatModel'),
  prompt: anchor('prompt'),
  outputParser: optionalAnchor('outputParser'),
  inputModeration: anchors('moderation'),
  chainName: text(),
}

/** Asks a model with a prompt. As `outputPrediction` its text feeds the nodes after it. */
export const llmChain = defineNode({
  name: 'llmChain',
  label: 'LLM Chain',
  version: 3,
  category: 'Chains',
  description: 'Fills a prompt and asks a model with it.',
  inputs,
  build: async (values, context) => {
    if (context.node.output === 'outputPrediction') {
      const { text: said, json } = await answer(values, context)
      return json ?? said
    }
    return chainOf(values, context)
  },
  run: answer,
})

function chainOf(values: InputsOf<typeof inputs>, context: NodeContext): Chain {
  return {
    kind: 'chain',
    ask: async (question, signal) =>
      answer(values, { ...context, signal, input: { ...context.input, question } }),
  }
}

async function answer(values: InputsOf<typeof inputs>, context: NodeContext): Promise<Answer> {
  const refusal = await refusalOf(values.inputModeration, context)
  if (refusal !== undefined) return { text: refusal }
  const { model, prompt, outputParser } = values
  const messages = instructed(prompt, outputParser, context)
  const { text: said } = await askAloud(model, messages, context)
  if (outputParser === undefined) return { text: said }
  const { signal } = context
  return { json: await parseAnswer(outputParser, { text: said, model, signal }) }
}

/** The prompt with the parser's instructions where it asks for them, else at its end. */
function instructed(
  prompt: Prompt,
  parser: OutputParser | undefined,
  { input, node }: NodeContext,
): readonly SpokenMessage[] {
  const question = input.question ?? ''
  if (parser === undefined) return fillPrompt(prompt, { question, node })
  const name = 'format_instructions'
  const { instructions } = parser
  const messages = fillPrompt(prompt, { question, node, given: { [name]: instructions } })
  if (prompt.missing.includes(name)) return messages
  return messages.map((message, at) =>
    at === messages.length - 1
      ? { ...message, content: `${message.content}\n${instructions}` }
      : message,
  )
}
