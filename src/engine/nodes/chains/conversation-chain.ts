import { loadAll } from '../../documents/fill.ts'
import { gathered } from '../../documents/gather.ts'
import { defineNode } from '../../node/define.ts'
import { anchor, anchors, optionalAnchor, text } from '../../node/inputs.ts'
import type { Documents } from '../../node/instances.ts'
import { askAloud, refusalOf } from '../../talk/answering.ts'
import { frameOf } from '../../talk/frame.ts'

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
    inputModeration: anchors('moderation'),
    chatPromptTemplate: optionalAnchor('prompt'),
    systemMessagePrompt: text({ default: friendly }),
    document: anchors('documents'),
  },
  run: async (inputs, context) => {
    const refusal = await refusalOf(inputs.inputModeration, context)
    if (refusal !== undefined) return { text: refusal }
    const system = inputs.systemMessagePrompt + (await contextIn(inputs.document))
    const { before, after } = frameOf(inputs.chatPromptTemplate, system, context)
    const messages = [...before, ...(await inputs.memory.messages()), ...after]
    const { text } = await askAloud(inputs.model, messages, context)
    return { text }
  },
})

/** Flows of 2023 wire documents to the chain itself, which the model is shown whole. */
async function contextIn(loaders: readonly Documents[]): Promise<string> {
  const documents = await gathered(loadAll(loaders))
  const known = documents.map(({ pageContent }) => pageContent).join('')
  return known === '' ? '' : `\nThe AI has the following context:\n${known}`
}
