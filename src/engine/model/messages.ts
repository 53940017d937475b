import type { AssistantModelMessage, ModelMessage, ToolSet, UserModelMessage } from 'ai'
import type {
  AssistantMessage,
  ChatMessage,
  JsonSchema,
  ToolFacts,
  UserMessage,
} from '../node/instances.ts'
import { loadSdk, type ProviderApi } from './provider.ts'

/** Messages as the SDK takes them. */
export function toSdkMessages(messages: readonly ChatMessage[]): ModelMessage[] {
  return messages.map((message): ModelMessage => {
    if (message.role === 'system') return { role: 'system', content: message.content }
    if (message.role === 'user') return userMessage(message)
    if (message.role === 'assistant') return assistantMessage(message)
    const output = { type: 'text' as const, value: message.content }
    const { callId: toolCallId, toolName } = message
    return { role: 'tool', content: [{ type: 'tool-result', toolCallId, toolName, output }] }
  })
}

/** Tools as the SDK takes them: told to the model, never called by the SDK itself. */
export async function toSdkTools(tools: readonly ToolFacts[]): Promise<ToolSet> {
  const { jsonSchema, tool } = await loadSdk()
  const set: ToolSet = {}
  for (const { name, description, schema } of tools) {
    set[name] = tool({ description, inputSchema: jsonSchema({ ...schema }) })
  }
  return set
}

/** The form of an answer in words, for providers whose wire format has no place for a schema. */
export function jsonInstruction(api: ProviderApi, schema: JsonSchema): ChatMessage[] {
  if (api !== 'openai-compatible') return []
  const form = JSON.stringify(schema)
  const content = `Answer with nothing but one JSON object that fits this JSON Schema: ${form}`
  return [{ role: 'system', content }]
}

function userMessage({ content, images = [] }: UserMessage): UserModelMessage {
  if (images.length === 0) return { role: 'user', content }
  const parts = images.map(({ mime, data }) => ({ type: 'file' as const, mediaType: mime, data }))
  return { role: 'user', content: [...parts, { type: 'text', text: content }] }
}

function assistantMessage(message: AssistantMessage): AssistantModelMessage {
  const { content, toolCalls = [], native } = message
  // Only what a provider's answer was turned into is ever kept as native.
  if (native !== undefined) {
    return { role: 'assistant', content: native as AssistantModelMessage['content'] }
  }
  if (toolCalls.length === 0) return { role: 'assistant', content }
  const calls = toolCalls.map(({ id, name, args }) => ({
    type: 'tool-call' as const,
    toolCallId: id,
    toolName: name,
    input: args,
  }))
  const words = content === '' ? [] : [{ type: 'text' as const, text: content }]
  return { role: 'assistant', content: [...words, ...calls] }
}
