import type { TokenUsage } from './events.ts'

/** What nodes build for each other. The tag lets an input refuse a wrong wire by name. */
export interface InstanceByKind {
  readonly chatModel: ChatModel
  readonly prompt: Prompt
  readonly memory: Memory
}

export type InstanceKind = keyof InstanceByKind

export interface ChatMessage {
  readonly role: 'system' | 'user' | 'assistant'
  readonly content: string
}

export interface ChatReply {
  readonly text: string
  readonly usage: TokenUsage
}

export interface ChatModel {
  readonly kind: 'chatModel'
  readonly modelName: string
  /**
   * Asks the model. `onText` gets the reply's text as it comes, in one piece or many.
   * @throws Failure UPSTREAM or TIMEOUT, naming the node and the provider's status.
   */
  chat(messages: readonly ChatMessage[], onText?: (text: string) => void): Promise<ChatReply>
}

export interface Prompt {
  readonly kind: 'prompt'
  /** Variables that have no value yet. */
  readonly missing: readonly string[]
  /** The messages, with every variable replaced; `given` fills what is missing. */
  format(given: Readonly<Record<string, string>>): readonly ChatMessage[]
}

export interface Memory {
  readonly kind: 'memory'
  /** Earlier messages of the session, oldest first. */
  messages(): Promise<readonly ChatMessage[]>
}

/** Whether a value that a node built is of the kind an input asks for. */
export function isInstance<K extends InstanceKind>(
  value: unknown,
  kind: K,
): value is InstanceByKind[K] {
  return typeof value === 'object' && value !== null && 'kind' in value && value.kind === kind
}
