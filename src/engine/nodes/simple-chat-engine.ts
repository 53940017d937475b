import { askAloud } from '../answering.ts'
import { frameOf } from '../frame.ts'
import { anchor, optionalAnchor, text } from '../inputs.ts'
import { defineNode } from '../node.ts'

export const simpleChatEngine = defineNode({
  name: 'simpleChatEngine',
  label: 'Simple Chat Engine',
  version: 1,
  category: 'Engine',
  description: 'Chats with a model, with or without memory.',
  inputs: {
    model: anchor('chatModel'),
    memory: optionalAnchor('memory'),
    systemMessagePrompt: text(),
  },
  run: async ({ model, memory, systemMessagePrompt }, context) => {
    const { before, after } = frameOf(undefined, systemMessagePrompt, context)
    const messages = [...before, ...((await memory?.messages()) ?? []), ...after]
    const { text, usage } = await askAloud(model, messages, context)
    return { text, usage }
  },
})
