import { defineNode } from '../../node/define.ts'
import { text } from '../../node/inputs.ts'
import type { Memory } from '../../node/instances.ts'
import { messagesOf } from '../../talk/history.ts'

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
    messages: async () => messagesOf(await context.history()),
  }),
})
