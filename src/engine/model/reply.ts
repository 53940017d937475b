import type { LanguageModelV4Content } from '@ai-sdk/provider'
import type { ModelReply, ToolCall } from '../node/instances.ts'
import { isRecord, parseJson } from '../text/paths.ts'
import type { NativeContent } from './prompt.ts'
import type { Said } from './speaker.ts'

/** What a model answered, for those who asked it. */
export function replyOf({ content, usage, finishReason }: Said): ModelReply {
  const text = content.map((part) => (part.type === 'text' ? part.text : '')).join('')
  const toolCalls = content.flatMap(callOf)
  const native = content.flatMap(nativePart)
  const message = { role: 'assistant', content: text, toolCalls, native } as const
  return { text, toolCalls, message, usage, finishReason }
}

function callOf(part: LanguageModelV4Content): ToolCall[] {
  if (part.type !== 'tool-call' || part.providerExecuted === true) return []
  return [{ id: part.toolCallId, name: part.toolName, args: argsOf(part.input) }]
}

function argsOf(input: string): ToolCall['args'] {
  const args = parseJson(input)
  return isRecord(args) ? args : {}
}

function nativePart(part: LanguageModelV4Content): NativeContent {
  const options = (meta: typeof part.providerMetadata) => (meta ? { providerOptions: meta } : {})
  switch (part.type) {
    case 'text':
    case 'reasoning':
      if (part.text === '' && !part.providerMetadata) return []
      return [{ type: part.type, text: part.text, ...options(part.providerMetadata) }]
    case 'custom':
      return [{ type: 'custom', kind: part.kind, ...options(part.providerMetadata) }]
    case 'tool-call': {
      const { toolCallId, toolName, input, providerMetadata } = part
      const call = { type: 'tool-call' as const, toolCallId, toolName, input: argsOf(input) }
      return part.providerExecuted === true ? [] : [{ ...call, ...options(providerMetadata) }]
    }
    default:
      return []
  }
}
