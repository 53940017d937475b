import { defineNode } from '../../node/define.ts'
import { number, text } from '../../node/inputs.ts'
import type { Memory } from '../../node/instances.ts'
import { messagesOf } from '../../talk/history.ts'

export const bufferWindowMemory = defineNode({
  name: 'bufferWindowMemory',
  label: 'Buffer Window Memory',
  version: 2,
  category: 'Memory',
  description: 'Remembers the last few exchanges of the session.',
  inputs: {
    k: number({ default: 4 }),
    sessionId: text(),
    memoryKey: text({ default: 'chat_history' }),
  },
  build: async ({ k }, context): Promise<Memory> => ({
    kind: 'memory',
    // An exchange is two messages.
    messages: async () => (k < 1 ? [] : messagesOf(await context.history()).slice(-2 * k)),
  }),
})
