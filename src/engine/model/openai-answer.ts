import type { LanguageModelV4Content } from '@ai-sdk/provider'
import { newId } from '../../core/ids.ts'
import type { TokenUsage } from '../node/events.ts'
import { isRecord, textOf } from '../text/paths.ts'
import { compatible } from './openai-request.ts'
import type { Hearing, Said } from './speaker.ts'
import { noUsage, usageOf } from './usage.ts'

type Json = Readonly<Record<string, unknown>>

/** An answer in OpenAI's format, or one event of it. */
export interface Piece {
  readonly says: Json | undefined
  readonly finishReason: string | undefined
  readonly usage: TokenUsage | undefined
}

/** Of several choices the first; nobody asks for more. @throws the error that a provider tells in it. */
export function readPiece(answer: unknown, name: 'message' | 'delta'): Piece {
  if (!isRecord(answer)) throw unreadable()
  if (isRecord(answer['error']) || typeof answer['error'] === 'string') throw answer['error']
  const { choices, usage } = answer
  const choice: unknown = Array.isArray(choices) ? choices[0] : undefined
  const { [name]: says, finish_reason: reason }: Json = isRecord(choice) ? choice : {}
  return {
    says: isRecord(says) ? says : undefined,
    finishReason: typeof reason === 'string' ? reason : undefined,
    usage: isRecord(usage)
      ? usageOf(countOf(usage['prompt_tokens']), countOf(usage['completion_tokens']))
      : undefined,
  }
}

interface Growing {
  /** Adds a piece, and tells it. */
  add(piece: Piece): void
  /** @throws TypeError for an answer that cannot be understood. */
  end(): Said
}

/** Begins an answer, which grows by its pieces; one that comes whole is a single piece. */
export function startAnswer({ onToken, onThinking }: Hearing): Growing {
  let text = ''
  let thoughts = ''
  let refusals = ''
  let finishReason: string | undefined
  let usage = noUsage
  const calls = new Map<unknown, Call>()
  const think = (words: string): void => {
    if (words !== '') onThinking?.(words)
    thoughts += words
  }
  const say = (words: string): void => {
    if (words !== '') onToken?.(words)
    text += words
  }
  return {
    add(piece) {
      usage = piece.usage ?? usage
      finishReason = piece.finishReason ?? finishReason
      const { says } = piece
      if (says === undefined) return
      const { content } = says
      think(wordsOf(says['reasoning_content'] ?? says['reasoning']) || partsOf(content, 'thinking'))
      say(wordsOf(content) || partsOf(content, 'text'))
      const refusal = wordsOf(says['refusal'])
      refusals += refusal
      say(refusal)
      for (const call of recordsIn(says['tool_calls'])) growCall(calls, call)
    },
    end: () => ({
      content: [
        ...(thoughts === '' ? [] : [{ type: 'reasoning' as const, text: thoughts }]),
        ...(text === '' ? [] : [{ type: 'text' as const, text }]),
        ...[...calls.values()].map(callPart),
      ],
      usage,
      finishReason: endingOf(finishReason, refusals !== ''),
    }),
  }
}

interface Call {
  id: string
  name: string
  input: string
  signature: string
}

function growCall(calls: Map<unknown, Call>, piece: Json): void {
  const key = keyOf(piece, calls)
  const call = calls.get(key) ?? { id: '', name: '', input: '', signature: '' }
  calls.set(key, call)
  const { name, arguments: input } = recordOf(piece['function'])
  call.id ||= wordsOf(piece['id'])
  call.name ||= wordsOf(name)
  call.input += textOf(input)
  // Gemini refuses a conversation in which a call has lost its signature.
  call.signature ||= wordsOf(
    recordOf(recordOf(piece['extra_content'])['google'])['thought_signature'],
  )
}

/** Pieces of one call share its index; where they have none they go on with the last, or say an id. */
function keyOf({ index, id }: Json, calls: ReadonlyMap<unknown, Call>): unknown {
  return index ?? (wordsOf(id) || ([...calls.keys()].at(-1) ?? 0))
}

function callPart({ id, name, input, signature }: Call): LanguageModelV4Content {
  if (name === '') throw unreadable()
  return {
    type: 'tool-call',
    toolCallId: id || newId(),
    toolName: name,
    input,
    ...(signature !== '' && {
      providerMetadata: { [compatible]: { thoughtSignature: signature } },
    }),
  }
}

/** The words of a content that is a list of parts; thoughts are lists of such parts themselves. */
function partsOf(content: unknown, type: 'text' | 'thinking'): string {
  const words = recordsIn(content)
    .filter((part) => part['type'] === type)
    .map((part) => (type === 'text' ? wordsOf(part['text']) : partsOf(part['thinking'], 'text')))
  return words.join('')
}

const endings: Readonly<Record<string, string>> = {
  stop: 'stop',
  length: 'length',
  content_filter: 'content-filter',
  function_call: 'tool-calls',
  tool_calls: 'tool-calls',
}

function endingOf(finishReason = '', isRefusal: boolean): string {
  if (finishReason === 'stop' && isRefusal) return 'content-filter'
  return endings[finishReason] ?? 'other'
}

function recordsIn(value: unknown): readonly Json[] {
  return Array.isArray(value) ? value.filter(isRecord) : []
}

function recordOf(value: unknown): Json {
  return isRecord(value) ? value : {}
}

function wordsOf(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

function countOf(value: unknown): number {
  return typeof value === 'number' ? value : 0
}

function unreadable(): TypeError {
  return new TypeError('The answer is none in this format.')
}
