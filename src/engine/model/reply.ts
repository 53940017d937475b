import type {
  LanguageModelV4Content,
  LanguageModelV4GenerateResult,
  LanguageModelV4StreamPart,
} from '@ai-sdk/provider'
import type { ModelReply, ModelRequest, ToolCall } from '../node/instances.ts'
import { isRecord, parseJson } from '../text/paths.ts'
import type { NativeContent } from './prompt.ts'

type Ending = Pick<LanguageModelV4GenerateResult, 'usage' | 'finishReason'>
type Content = readonly LanguageModelV4Content[]

/** What a model answered in one piece. */
export function replyOf(content: Content, { usage, finishReason }: Ending): ModelReply {
  const text = content.map((part) => (part.type === 'text' ? part.text : '')).join('')
  const toolCalls = content.flatMap(callOf)
  const native = content.flatMap(nativePart)
  const input = usage.inputTokens.total ?? 0
  const output = usage.outputTokens.total ?? 0
  return {
    text,
    toolCalls,
    message: { role: 'assistant', content: text, toolCalls, native },
    usage: { input_tokens: input, output_tokens: output, total_tokens: input + output },
    finishReason: finishReason.unified,
  }
}

/** What a model thought before it answered. */
export function thoughtsOf(content: Content): string {
  return content.map((part) => (part.type === 'reasoning' ? part.text : '')).join('')
}

const unended: Ending = {
  usage: {
    inputTokens: { total: 0, noCache: undefined, cacheRead: undefined, cacheWrite: undefined },
    outputTokens: { total: 0, text: undefined, reasoning: undefined },
  },
  finishReason: { unified: 'other', raw: undefined },
}

/** Reads an answer as it comes, and tells it. @throws the error that the provider tells in it. */
export async function readReply(
  stream: ReadableStream<LanguageModelV4StreamPart>,
  { onToken, onThinking }: ModelRequest,
): Promise<ModelReply> {
  const content: LanguageModelV4Content[] = []
  const open: Growth['open'] = new Map()
  let ending = unended
  const tell = { 'text-delta': onToken, 'reasoning-delta': onThinking }
  for await (const part of stream) {
    switch (part.type) {
      case 'text-delta':
      case 'reasoning-delta':
        if (part.delta !== '') tell[part.type]?.(part.delta)
        break
      case 'tool-call':
      case 'custom':
        content.push(part)
        break
      case 'finish':
        ending = part
        break
      case 'error':
        throw part.error
      default:
    }
    grow(part, { content, open })
  }
  return replyOf(content, ending)
}

/** Texts and thoughts come in pieces; with each end comes what their provider wants back. */
type Growing = Extract<LanguageModelV4Content, { type: 'text' | 'reasoning' }>

interface Growth {
  readonly content: LanguageModelV4Content[]
  /** By kind and id. */
  readonly open: Map<string, Growing>
}

function grow(part: LanguageModelV4StreamPart, growth: Growth): void {
  const [, kind, step] = /^(text|reasoning)-(start|delta|end)$/.exec(part.type) ?? []
  if (kind === undefined || !('id' in part)) return
  const key = `${kind} ${part.id ?? ''}`
  const began = step === 'start' ? undefined : growth.open.get(key)
  const growing = began ?? begin(growth, key, kind as Growing['type'])
  if ('delta' in part) growing.text += part.delta
  if ('providerMetadata' in part && part.providerMetadata) {
    growing.providerMetadata = part.providerMetadata
  }
}

function begin({ content, open }: Growth, key: string, type: Growing['type']): Growing {
  const growing: Growing = { type, text: '' }
  open.set(key, growing)
  content.push(growing)
  return growing
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
