import { defineNode } from '../../node/define.ts'
import { anchor, text } from '../../node/inputs.ts'
import type { Memory } from '../../node/instances.ts'
import { messagesOf } from '../../talk/history.ts'
import { summarize } from '../../talk/summary.ts'

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
