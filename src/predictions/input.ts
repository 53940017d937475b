import { z } from 'zod'
import { Failure } from '../core/errors.ts'
import type { HistoryMessage } from '../engine/node/ports.ts'
import type { RunInput, Upload } from '../engine/node/run-input.ts'

/** What a prediction asks, as it comes in. */
export interface PredictionInput {
  readonly id: string
  readonly question?: string | null | undefined
  readonly form?: unknown
  readonly chatId?: string | null | undefined
  readonly overrideConfig?: unknown
  readonly history?: unknown
  readonly uploads?: unknown
  readonly humanInput?: unknown
  readonly leadEmail?: string | null | undefined
  readonly streaming?: boolean | null | undefined
}

const roles = {
  userMessage: 'userMessage',
  user: 'userMessage',
  apiMessage: 'apiMessage',
  assistant: 'apiMessage',
} as const
const role = z.enum(Object.keys(roles) as [keyof typeof roles, ...(keyof typeof roles)[]])
const message = z.union([
  z.object({ role, content: z.string() }),
  z.object({ type: role, message: z.string() }).transform(({ type, message }) => ({
    role: type,
    content: message,
  })),
])
const record = z.record(z.string(), z.unknown())
const longestId = 255

/**
 * What a run takes of it. Throws BAD_REQUEST, naming the field, for what has not the right shape, and
 * when there is neither question nor form.
 */
export function readRunInput(
  input: PredictionInput,
  { newChatId, mayName }: { newChatId: string; mayName: boolean },
): RunInput {
  const overrideConfig = readRecord(input.overrideConfig, 'overrideConfig')
  const form = readRecord(input.form, 'form')
  const humanInput = readHumanInput(input.humanInput)
  if (input.question == null && !form && !humanInput) {
    throw new Failure('BAD_REQUEST', 'A prediction needs a question, a form, or a humanInput.')
  }
  const named = readSessionId(overrideConfig)
  return {
    // Strangers who name the same session share no conversation by it.
    chatId: input.chatId || (mayName && named) || newChatId,
    ...present({
      question: input.question,
      form,
      sessionId: named ?? (input.chatId || null),
      overrideConfig,
      history: readHistory(input.history),
      uploads: readUploads(input.uploads),
      humanInput,
      streaming: input.streaming ? true : null,
    }),
  }
}

/** The fields that have a value. */
function present<T extends object>(fields: T): { [K in keyof T]?: NonNullable<T[K]> } {
  const given = Object.entries(fields).filter(([, value]) => value != null)
  return Object.fromEntries(given) as { [K in keyof T]?: NonNullable<T[K]> }
}

const upload = z.object({
  type: z.string().max(32).default('file'),
  name: z.string().max(255),
  mime: z.string().max(255),
  // What is stored already needs none.
  data: z
    .string()
    .nullish()
    .transform((data) => data ?? ''),
})

function readUploads(value: unknown): Upload[] | null {
  if (value == null) return null
  const read = z.array(upload).max(20).safeParse(value)
  if (read.success) return read.data
  throw new Failure('BAD_REQUEST', 'uploads must be at most 20 of {type, name, mime, data}.')
}

const decision = z.object({
  type: z.enum(['proceed', 'reject']),
  startNodeId: z.string().max(255).optional(),
  feedback: z.string().max(100_000).optional(),
})

function readHumanInput(value: unknown): RunInput['humanInput'] {
  if (value == null) return undefined
  const read = decision.safeParse(value)
  if (!read.success) {
    throw new Failure(
      'BAD_REQUEST',
      'humanInput must be {type: proceed or reject, startNodeId, feedback}.',
    )
  }
  const { type, startNodeId, feedback } = read.data
  return {
    type,
    ...(startNodeId === undefined ? {} : { startNodeId }),
    ...(feedback === undefined ? {} : { feedback }),
  }
}

function readRecord(value: unknown, name: string): Record<string, unknown> | null {
  if (value == null) return null
  const read = record.safeParse(value)
  if (!read.success || Array.isArray(value)) {
    throw new Failure('BAD_REQUEST', `${name} must be a JSON object.`)
  }
  return read.data
}

function readSessionId(overrideConfig: Record<string, unknown> | null): string | null {
  const sessionId = overrideConfig?.['sessionId']
  if (sessionId == null || sessionId === '') return null
  if (typeof sessionId !== 'string' || sessionId.length > longestId) {
    throw new Failure(
      'BAD_REQUEST',
      `overrideConfig.sessionId must be a text of at most ${longestId} characters.`,
    )
  }
  return sessionId
}

function readHistory(value: unknown): HistoryMessage[] | null {
  if (value == null) return null
  const read = z.array(message).safeParse(value)
  if (!read.success) {
    const index = String(read.error.issues[0]?.path[0] ?? '')
    throw new Failure(
      'BAD_REQUEST',
      `history${index && `[${index}]`} must be {role: userMessage or apiMessage, content}.`,
    )
  }
  return read.data.map(({ role, content }) => ({ role: roles[role], content }))
}
