import { askAloud } from '../answering.ts'
import { anchor, optionalAnchor, text } from '../inputs.ts'
import type { ChatMessage, Prompt } from '../instances.ts'
import { defineNode, type NodeContext } from '../node.ts'
import { fillPrompt } from '../prompt.ts'

const friendly =
  'You are a friendly assistant in a conversation with a person. You are talkative and give ' +
  'specific details from what you know. When you do not know an answer, you say so.'

/** A chat: system text, the conversation so far, the question. */
export const conversationChain = defineNode({
  name: 'conversationChain',
  label: 'Conversation Chain',
  version: 3,
  category: 'Chains',
  description: 'Chats with memory.',
  inputs: {
    model: anchor('chatModel'),
    memory: anchor('memory'),
    chatPromptTemplate: optionalAnchor('prompt'),
    systemMessagePrompt: text({ default: friendly }),
  },
  run: async (inputs, context) => {
    const drawn = inputs.chatPromptTemplate
    const framed = drawn === undefined ? undefined : frame(drawn, context)
    const system: ChatMessage = { role: 'system', content: inputs.systemMessagePrompt }
    const question: ChatMessage = { role: 'user', content: context.input.question ?? '' }
    const { before, after } = framed ?? { before: [system], after: [question] }
    const messages = [...before, ...(await inputs.memory.messages()), ...after]
    const { text, usage } = await askAloud(inputs.model, messages, context)
    return { text, usage }
  },
})

/** The history stands between the template's system text and its human message. */
function frame(
  prompt: Prompt,
  { input, node }: NodeContext,
): { before: readonly ChatMessage[]; after: readonly ChatMessage[] } {
  const question = input.question ?? ''
  const filled = fillPrompt(prompt, question, node)
  const after = filled.filter(({ role }) => role !== 'system')
  return {
    before: filled.filter(({ role }) => role === 'system'),
    after: after.length > 0 ? after : [{ role: 'user', content: question }],
  }
}
