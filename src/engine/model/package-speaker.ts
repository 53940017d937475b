import type {
  LanguageModelV4,
  LanguageModelV4Content,
  LanguageModelV4StreamPart,
  LanguageModelV4Usage,
} from '@ai-sdk/provider'
import type { TokenUsage } from '../node/events.ts'
import type { Hearing, Said, Speaker } from './speaker.ts'
import { noUsage, usageOf } from './usage.ts'

/** Speaks by a provider's package. */
export function packageSpeaker(model: LanguageModelV4): Speaker {
  return {
    async whole(asked) {
      const { content, usage, finishReason } = await model.doGenerate(asked)
      return { content, usage: totalsOf(usage), finishReason: finishReason.unified }
    },
    async streamed(asked) {
      const { stream } = await model.doStream(asked)
      return (hearing) => readStream(stream, hearing)
    },
  }
}

function totalsOf({ inputTokens, outputTokens }: LanguageModelV4Usage): TokenUsage {
  return usageOf(inputTokens.total, outputTokens.total)
}

async function readStream(
  stream: ReadableStream<LanguageModelV4StreamPart>,
  { onToken, onThinking }: Hearing,
): Promise<Said> {
  const content: LanguageModelV4Content[] = []
  const open: Growth['open'] = new Map()
  let ending = { usage: noUsage, finishReason: 'other' }
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
        ending = { usage: totalsOf(part.usage), finishReason: part.finishReason.unified }
        break
      case 'error':
        throw part.error
      default:
    }
    grow(part, { content, open })
  }
  return { content, ...ending }
}

/** Texts and thoughts come in pieces; with each end comes what their provider wants back. */
type Part = Extract<LanguageModelV4Content, { type: 'text' | 'reasoning' }>

interface Growth {
  readonly content: LanguageModelV4Content[]
  /** By kind and id. */
  readonly open: Map<string, Part>
}

function grow(part: LanguageModelV4StreamPart, growth: Growth): void {
  const [, kind, step] = /^(text|reasoning)-(start|delta|end)$/.exec(part.type) ?? []
  if (kind === undefined || !('id' in part)) return
  const key = `${kind} ${part.id ?? ''}`
  const began = step === 'start' ? undefined : growth.open.get(key)
  const growing = began ?? begin(growth, key, kind as Part['type'])
  if ('delta' in part) growing.text += part.delta
  if ('providerMetadata' in part && part.providerMetadata) {
    growing.providerMetadata = part.providerMetadata
  }
}

function begin({ content, open }: Growth, key: string, type: Part['type']): Part {
  const growing: Part = { type, text: '' }
  open.set(key, growing)
  content.push(growing)
  return growing
}
