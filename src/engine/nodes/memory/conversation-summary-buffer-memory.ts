import { defineNode } from '../../node/define.ts'
import { anchor, number, text } from '../../node/inputs.ts'
import type { Memory } from '../../node/instances.ts'
import { messagesOf } from '../../talk/history.ts'
import { condensed } from '../../talk/summary.ts'

export const conversationSummaryBufferMemory = defineNode({
  name: 'conversationSummaryBufferMemory',
  label: 'Conversation Summary Buffer Memory',
  version: 1,
  category: 'Memory',
  description: 'Remembers the last messages as they were and what was before as a summary.',
  inputs: {
    model: anchor('chatModel'),
    maxTokenLimit: number({ default: 2000 }),
    sessionId: text(),
    memoryKey: text({ default: 'chat_history' }),
  },
  build: async ({ model, maxTokenLimit }, context): Promise<Memory> => ({
    kind: 'memory',
    messages: async () =>
      condensed(messagesOf(await context.history()), maxTokenLimit, {
        model,
        signal: context.signal,
      }),
  }),
})
