import { text } from '../inputs.ts'
import type { ChatMessage, Memory } from '../instances.ts'
import { defineNode } from '../node.ts'

const roles = { userMessage: 'user', apiMessage: 'assistant' } as const

/** The whole conversation so far. It only reads: the server stores the messages. */
export const bufferMemory = defineNode({
  name: 'bufferMemory',
  label: 'Buffer Memory',
  version: 2,
  category: 'Memory',
  description: 'Remembers every message of the session.',
  inputs: {
    sessionId: text(),
    memoryKey: text({ default: 'chat_history' }),
  },
  build: async (_inputs, context): Promise<Memory> => ({
    kind: 'memory',
    messages: async () => {
      const history = await context.history()
      return history.map(({ role, content }): ChatMessage => ({ role: roles[role], content }))
    },
  }),
})
