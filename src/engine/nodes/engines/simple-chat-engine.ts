import { defineNode } from '../../node/define.ts'
import { anchor, optionalAnchor, text } from '../../node/inputs.ts'
import { askAloud } from '../../talk/answering.ts'
import { frameOf } from '../../talk/frame.ts'

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
    const { text } = await askAloud(model, messages, context)
    return { text }
  },
})
