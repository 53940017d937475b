import type { LanguageModelV4Content } from '@ai-sdk/provider'
import { newId } from '../../../core/ids.ts'
import type { TokenUsage } from '../../node/events.ts'
import { isRecord, textOf } from '../../text/paths.ts'
import type { Hearing, Said } from '../speaker.ts'
import { noUsage, usageOf } from '../usage.ts'
import { compatible } from './request.ts'

type Json = Readonly<Record<string, unknown>>

/** An answer in OpenAI's format, or one event of it. */
export interface Piece {
  readonly isWhole: boolean
  readonly says: Json | undefined
  readonly finishReason: string | undefined
  readonly usage: TokenUsage | undefined
}

/** Of several choices the first; nobody asks for more. @throws the error that a provider tells in it. */
export function readPiece(answer: unknown, name: 'message' | 'delta'): Piece {
  const { error, choices, usage, ...others } = recordOf(answer)
  if (isRecord(error) || stringOf(error) !== '') throw error
  if (others['object'] === 'error') throw answer
  if (!Array.isArray(choices) && !isRecord(usage)) throw unreadable()
  const { [name]: says, finish_reason: reason } = recordOf(recordsIn(choices)[0])
  return {
    isWhole: name === 'message',
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
  const calls: Call[] = []
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
      think(
        stringOf(says['reasoning_content'] ?? says['reasoning']) || partsOf(content, 'thinking'),
      )
      say(stringOf(content) || partsOf(content, 'text'))
      const refusal = stringOf(says['refusal'])
      refusals += refusal
      say(refusal)
      for (const call of recordsIn(says['tool_calls'])) growCall(calls, call, piece)
    },
    end: () => ({
      content: [
        ...(thoughts === '' ? [] : [{ type: 'reasoning' as const, text: thoughts }]),
        ...(text === '' ? [] : [{ type: 'text' as const, text }]),
        ...calls.filter(({ name, input }) => name !== '' || input !== '').map(callPart),
      ],
      usage,
      finishReason: endingOf(finishReason, refusals !== ''),
    }),
  }
}

interface Call {
  readonly index: unknown
  id: string
  name: string
  input: string
  signature: string
}

function growCall(calls: Call[], piece: Json, { isWhole }: Piece): void {
  const { name, arguments: input } = recordOf(piece['function'])
  const facts = {
    index: piece['index'] ?? undefined,
    id: stringOf(piece['id']),
    name: stringOf(name),
  }
  const known = isWhole ? undefined : knownCall(calls, facts)
  const call = known ?? { index: facts.index, id: '', name: '', input: '', signature: '' }
  if (known === undefined) calls.push(call)
  call.id ||= facts.id
  call.name ||= facts.name
  call.input += textOf(input)
  // Gemini refuses a conversation in which a call has lost its signature.
  call.signature ||= stringOf(
    recordOf(recordOf(piece['extra_content'])['google'])['thought_signature'],
  )
}

/**
 * The call that a piece goes on with. Most providers say its index; others its id, and some neither:
 * there a name begins a new one. Where all calls have one index, their ids tell them apart.
 */
function knownCall(
  calls: readonly Call[],
  { index, id, name }: Pick<Call, 'index' | 'id' | 'name'>,
): Call | undefined {
  if (index === undefined) {
    if (id !== '') return calls.find((call) => call.id === id)
    return name === '' ? calls.at(-1) : undefined
  }
  const known = calls.findLast((call) => call.index === index)
  const isAnother = name !== '' && id !== '' && known?.id !== '' && known?.id !== id
  return isAnother ? undefined : known
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
    .map((part) => (type === 'text' ? stringOf(part['text']) : partsOf(part['thinking'], 'text')))
  return words.join('')
}

const endings: ReadonlyMap<string, string> = new Map([
  ['stop', 'stop'],
  ['length', 'length'],
  ['content_filter', 'content-filter'],
  ['function_call', 'tool-calls'],
  ['tool_calls', 'tool-calls'],
])

function endingOf(finishReason = '', isRefusal: boolean): string {
  if (finishReason === 'stop' && isRefusal) return 'content-filter'
  return endings.get(finishReason) ?? 'other'
}

function recordsIn(value: unknown): readonly Json[] {
  return Array.isArray(value) ? value.filter(isRecord) : []
}

function recordOf(value: unknown): Json {
  return isRecord(value) ? value : {}
}

function stringOf(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

function countOf(value: unknown): number {
  return typeof value === 'number' ? value : 0
}

function unreadable(): TypeError {
  return new TypeError('The answer is none in this format.')
}
