import type { ChatModel, Choice } from '../node/instances.ts'
import { findJson } from '../text/json.ts'
import { nearestName } from '../text/match.ts'
import { dig, isRecord, textOf } from '../text/paths.ts'

const none = 'DEFAULT'

const instructions =
  'You get a question and a list of destinations, each with what it is good for. Choose the one ' +
  'that fits the question best. You may word the question anew if that leads to a better answer. ' +
  'Answer with nothing but JSON of the form {"destination": "the name of a destination, word for ' +
  `word, or ${none} if none fits", "next_inputs": "the question"}.`

interface Chosen<C extends Choice> {
  /** Undefined when none fits. */
  readonly choice: C | undefined
  readonly question: string
}

/** Lets a model choose who answers a question, and word the question for them. */
export async function choose<C extends Choice>(
  question: string,
  choices: readonly C[],
  { model, signal }: { readonly model: ChatModel; readonly signal: AbortSignal },
): Promise<Chosen<C>> {
  if (choices.length === 0) return { choice: undefined, question }
  const destinations = choices.map(({ name, description }) => ({ name, description }))
  const { text } = await model.ask({
    messages: [
      { role: 'system', content: instructions },
      { role: 'user', content: JSON.stringify({ destinations, question }) },
    ],
    signal,
  })
  const found = findJson(text)
  const named = textOf(isRecord(found) ? found['destination'] : text)
  const names = choices.map(({ name }) => name)
  const choice =
    named.trim().toUpperCase() === none ? undefined : choices[nearestName(named, names)]
  return { choice, question: worded(dig(found, ['next_inputs'])) || question }
}

/** A model may give the question as such, or in an object under `input`. */
function worded(next: unknown): string {
  return textOf(isRecord(next) ? next['input'] : next).trim()
}
