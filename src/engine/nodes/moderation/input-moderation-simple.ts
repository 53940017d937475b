import { defineNode } from '../../node/define.ts'
import { optionalAnchor, text } from '../../node/inputs.ts'
import type { ChatModel, Moderation } from '../../node/instances.ts'

const refusalText = 'Cannot Process! Input violates content moderation policies.'

export const inputModerationSimple = defineNode({
  name: 'inputModerationSimple',
  label: 'Simple Prompt Moderation',
  version: 2,
  category: 'Moderation',
  description: 'Refuses a question that holds a phrase, or with a model one that means the same.',
  inputs: {
    denyList: text(),
    model: optionalAnchor('chatModel'),
    moderationErrorMessage: text({ default: refusalText }),
  },
  build: async ({ denyList, model, moderationErrorMessage }): Promise<Moderation> => {
    const lines = denyList.split('\n').map((line) => line.trim())
    const phrases = lines.filter((line) => line !== '')
    return {
      kind: 'moderation',
      refusal: async (question, signal) => {
        const said = question.toLowerCase()
        const isDenied =
          phrases.some((phrase) => said.includes(phrase.toLowerCase())) ||
          (model !== undefined &&
            phrases.length > 0 &&
            (await isAlike(model, { question, phrases }, signal)))
        return isDenied ? moderationErrorMessage : undefined
      },
    }
  },
})

async function isAlike(
  model: ChatModel,
  { question, phrases }: { question: string; phrases: readonly string[] },
  signal: AbortSignal | undefined,
): Promise<boolean> {
  const list = phrases.map((phrase) => `- ${phrase}`).join('\n')
  const content =
    'Is the text below similar in meaning to any of these sentences? Answer only Yes or No.\n' +
    `${list}\n\nText:\n${question}`
  const request = { messages: [{ role: 'user' as const, content }] }
  const { text: reply } = await model.ask(signal === undefined ? request : { ...request, signal })
  return /^\W*yes\b/i.test(reply)
}
