import type { NodeDefinition } from '../node.ts'
import { bufferMemory } from './buffer-memory.ts'
import { chatDeepseek, chatLocalAI, chatOpenRouter, groqChat } from './chat-openai-compatible.ts'
import { chatOpenAI } from './chat-openai.ts'
import { chatPromptTemplate } from './chat-prompt-template.ts'
import { conversationChain } from './conversation-chain.ts'
import { directReplyAgentflow } from './direct-reply.ts'
import { llmChain } from './llm-chain.ts'
import { promptTemplate } from './prompt-template.ts'
import { startAgentflow } from './start.ts'

/** Every node kind, one line each. */
export const nodeDefinitions: readonly NodeDefinition[] = [
  bufferMemory,
  chatDeepseek,
  chatLocalAI,
  chatOpenAI,
  chatOpenRouter,
  chatPromptTemplate,
  conversationChain,
  directReplyAgentflow,
  groqChat,
  llmChain,
  promptTemplate,
  startAgentflow,
]

const byName: ReadonlyMap<string, NodeDefinition> = new Map(
  nodeDefinitions.flatMap((definition) =>
    [definition.name, ...(definition.aliases ?? [])].map((name) => [name, definition] as const),
  ),
)

/** The definition behind a node's type name or alias. */
export function findNode(name: string): NodeDefinition | undefined {
  return byName.get(name)
}

/** The known type name nearest to an unknown one, if any is near. */
export function suggestNode(name: string): string | undefined {
  const ranked = [...byName.keys()]
    .map((known) => ({ known, distance: distance(name.toLowerCase(), known.toLowerCase()) }))
    .sort((a, b) => a.distance - b.distance)
  const [best] = ranked
  return best !== undefined && best.distance <= name.length / 3 ? best.known : undefined
}

/** Levenshtein distance. */
function distance(a: string, b: string): number {
  if (Math.abs(a.length - b.length) > 20) return Number.POSITIVE_INFINITY
  let row = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (const [index, char] of a.split('').entries()) {
    const next = [index + 1]
    for (const [at, other] of b.split('').entries()) {
      const swap = (row[at] ?? 0) + (char === other ? 0 : 1)
      next.push(Math.min(swap, (row[at + 1] ?? 0) + 1, (next[at] ?? 0) + 1))
    }
    row = next
  }
  return row[b.length] ?? 0
}
