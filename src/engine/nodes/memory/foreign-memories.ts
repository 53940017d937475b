import { defineNode, type NodeDefinition } from '../../node/define.ts'
import { number, text, type Input } from '../../node/inputs.ts'
import type { Memory } from '../../node/instances.ts'
import { messagesOf } from '../../talk/history.ts'

interface MemoryRow {
  readonly name: string
  readonly label: string
  /** The input that says how many of the newest messages are remembered; absent: all of them. */
  readonly window?: Partial<Readonly<Record<'windowSize' | 'k', Input<number | undefined>>>>
}

const rows: readonly MemoryRow[] = [
  { name: 'DynamoDBChatMemory', label: 'DynamoDB Chat Memory' },
  { name: 'MongoDBAtlasChatMemory', label: 'MongoDB Atlas Chat Memory' },
  {
    name: 'RedisBackedChatMemory',
    label: 'Redis-Backed Chat Memory',
    window: { windowSize: number() },
  },
  { name: 'upstashRedisBackedChatMemory', label: 'Upstash Redis-Backed Chat Memory' },
  { name: 'ZepMemory', label: 'Zep Memory - Open Source', window: { k: number({ default: 10 }) } },
  { name: 'ZepMemoryCloud', label: 'Zep Memory - Cloud' },
  { name: 'motorheadMemory', label: 'Motorhead Memory' },
  { name: 'mem0', label: 'Mem0' },
]

/** Memories named after services that keep conversations; here the server has them already. */
export const foreignMemories: readonly NodeDefinition[] = rows.map(nodeOf)

function nodeOf({ name, label, window = {} }: MemoryRow): NodeDefinition {
  return defineNode({
    name,
    label,
    version: 2,
    category: 'Memory',
    description:
      'Remembers the messages of the session from what this server stores of it; no other service is asked.',
    inputs: {
      sessionId: text(),
      memoryKey: text({ default: 'chat_history' }),
      ...window,
    },
    build: async (inputs, context): Promise<Memory> => {
      const size = inputs.windowSize ?? inputs.k ?? 0
      return {
        kind: 'memory',
        messages: async () => {
          const messages = messagesOf(await context.history())
          return size > 0 ? messages.slice(-size) : messages
        },
      }
    },
  })
}
