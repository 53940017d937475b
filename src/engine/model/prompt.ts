import type {
  LanguageModelV4FunctionTool,
  LanguageModelV4Message,
  LanguageModelV4Prompt,
} from '@ai-sdk/provider'
import type {
  AssistantMessage,
  ChatMessage,
  JsonSchema,
  ToolFacts,
  ToolMessage,
  UserMessage,
} from '../node/instances.ts'
import type { ProviderApi } from './provider.ts'

type Spoken<R> = Extract<LanguageModelV4Message, { role: R }>

/** What a provider's answer was turned into, to be sent back to it as it came. */
export type NativeContent = Spoken<'assistant'>['content']

/** Messages as the providers' packages take them: results of one round of tools are one message. */
export function toPrompt(messages: readonly ChatMessage[]): LanguageModelV4Prompt {
  const prompt: LanguageModelV4Prompt = []
  for (const message of messages) {
    const last = prompt.at(-1)
    if (message.role !== 'tool') prompt.push(spoken(message))
    else if (last?.role === 'tool') last.content.push(toolResult(message))
    else prompt.push({ role: 'tool', content: [toolResult(message)] })
  }
  return prompt
}

/** Tools as the providers' packages take them. */
export function toTools(tools: readonly ToolFacts[]): LanguageModelV4FunctionTool[] {
  return tools.map(({ name, description, schema }) => ({
    type: 'function',
    name,
    description,
    inputSchema: { ...schema },
  }))
}

/** The form of an answer in words, for providers whose wire format has no place for a schema. */
export function jsonInstruction(api: ProviderApi, schema: JsonSchema): ChatMessage[] {
  if (api !== 'openai-compatible') return []
  const form = JSON.stringify(schema)
  const content = `Answer with nothing but one JSON object that fits this JSON Schema: ${form}`
  return [{ role: 'system', content }]
}

function spoken(message: Exclude<ChatMessage, ToolMessage>): LanguageModelV4Message {
  if (message.role === 'system') return { role: 'system', content: message.content }
  if (message.role === 'user') return { role: 'user', content: userContent(message) }
  return { role: 'assistant', content: assistantContent(message) }
}

function userContent({ content, images = [] }: UserMessage): Spoken<'user'>['content'] {
  const parts = images.map(({ mime, data }) => ({
    type: 'file' as const,
    mediaType: mime,
    data: { type: 'data' as const, data },
  }))
  const isShown = content !== '' || parts.length === 0
  return [...parts, ...(isShown ? [{ type: 'text' as const, text: content }] : [])]
}

function assistantContent({ content, toolCalls = [], native }: AssistantMessage): NativeContent {
  // Only what a provider's answer was turned into is ever kept as native.
  if (native !== undefined) return native as NativeContent
  const calls = toolCalls.map(({ id, name, args }) => ({
    type: 'tool-call' as const,
    toolCallId: id,
    toolName: name,
    input: args,
  }))
  const isSaid = content !== '' || calls.length === 0
  return [...(isSaid ? [{ type: 'text' as const, text: content }] : []), ...calls]
}

function toolResult({ content, callId, toolName }: ToolMessage) {
  const output = { type: 'text' as const, value: content }
  return { type: 'tool-result' as const, toolCallId: callId, toolName, output }
}
