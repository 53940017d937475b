import { anchor, text } from '../inputs.ts'
import type { Memory } from '../instances.ts'
import { messagesOf } from '../messages.ts'
import { defineNode } from '../node.ts'
import { summarize } from '../summary.ts'

export const conversationSummaryMemory = defineNode({
  name: 'conversationSummaryMemory',
  label: 'Conversation Summary Memory',
  version: 2,
  category: 'Memory',
  description: 'Remembers the session as a summary, which a model writes.',
  inputs: {
    model: anchor('chatModel'),
    sessionId: text(),
    memoryKey: text({ default: 'chat_history' }),
  },
  build: async ({ model }, context): Promise<Memory> => ({
    kind: 'memory',
    messages: async () => summarize(model, messagesOf(await context.history()), context.signal),
  }),
})
