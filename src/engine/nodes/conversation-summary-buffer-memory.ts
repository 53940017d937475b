import { anchor, number, text } from '../inputs.ts'
import type { Memory } from '../instances.ts'
import { messagesOf } from '../messages.ts'
import { defineNode } from '../node.ts'
import { countTokens, summarize } from '../summary.ts'

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
    messages: async () => {
      const messages = messagesOf(await context.history())
      let from = 0
      while (from < messages.length && countTokens(messages.slice(from)) > maxTokenLimit) from += 1
      const summary = await summarize(model, messages.slice(0, from), context.signal)
      return [...summary, ...messages.slice(from)]
    },
  }),
})
