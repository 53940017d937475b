import { defineNode } from '../../node/define.ts'
import { anchor, anchors } from '../../node/inputs.ts'
import type { ChatMessage, PromptChoice } from '../../node/instances.ts'
import { askAloud, refusalOf } from '../../talk/answering.ts'
import { choose } from '../../talk/choose.ts'
import { filled } from '../../text/template.ts'

/** Answers with the prompt that fits the question best; without one where none fits. */
export const multiPromptChain = defineNode({
  name: 'multiPromptChain',
  label: 'Multi Prompt Chain',
  version: 2,
  category: 'Chains',
  description: 'Chooses the prompt that fits a question, and answers with it.',
  inputs: {
    model: anchor('chatModel'),
    promptRetriever: anchors('promptChoice'),
    inputModeration: anchors('moderation'),
  },
  run: async ({ model, promptRetriever, inputModeration }, context) => {
    const refusal = await refusalOf(inputModeration, context)
    if (refusal !== undefined) return { text: refusal }
    const { signal, input } = context
    const chosen = await choose(input.question ?? '', promptRetriever, { model, signal })
    const { text } = await askAloud(model, messagesFor(chosen.choice, chosen.question), context)
    return { text }
  },
})

function messagesFor(choice: PromptChoice | undefined, question: string): readonly ChatMessage[] {
  if (choice === undefined) return [{ role: 'user', content: question }]
  const { systemMessage } = choice
  if (systemMessage.includes('{input}')) {
    return [{ role: 'user', content: filled(systemMessage, { input: question }) }]
  }
  return [
    { role: 'system', content: systemMessage },
    { role: 'user', content: question },
  ]
}
