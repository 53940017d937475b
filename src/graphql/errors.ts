import { GraphQLError, Kind } from 'graphql'
import { Failure, statusByCode, type FailureCode } from '../core/errors.ts'

/** What a caller gets to see of an error: a code, one sentence, and hints for the transport. */
export interface VisibleError {
  readonly code: FailureCode
  readonly message: string
  readonly details: Failure['details']
}

/**
 * The one translator, for GraphQL and REST alike. Null means a bug: whoever asks logs it and shows
 * `INTERNAL`.
 */
export function visibleError(error: unknown): VisibleError | null {
  const failure = failureOf(error)
  if (failure) return { code: failure.code, message: failure.message, details: failure.details }
  if (isDuplicate(error)) return duplicate
  if (!isOfGraphql(error)) return null
  // GraphQL itself refused the document or its variables, or a plugin of ours did with a code.
  const { code } = error.extensions
  return {
    code: typeof code === 'string' && code in statusByCode ? (code as FailureCode) : 'BAD_REQUEST',
    message: error.message,
    details: {},
  }
}

export const internalError: VisibleError = {
  code: 'INTERNAL',
  message: 'Something went wrong on our side; the request id helps us find it.',
  details: {},
}

/** Two that make the same at once: the database lets one of them through (SQLSTATE 23505). */
function isDuplicate(error: unknown): boolean {
  const origin = error instanceof GraphQLError ? error.originalError : error
  return origin instanceof Error && 'code' in origin && origin.code === '23505'
}

const duplicate: VisibleError = {
  code: 'CONFLICT',
  message: 'Somebody else made the same at this moment.',
  details: {},
}

/** A variable that does not fit is one of GraphQL's errors inside another, the outer with the sentence. */
function isOfGraphql(error: unknown): error is GraphQLError {
  if (!(error instanceof GraphQLError)) return false
  // An answer that does not fit its type is our fault, unlike an argument that does not.
  if (error.path && error.nodes?.[0]?.kind === Kind.FIELD) return false
  return !error.originalError || isOfGraphql(error.originalError)
}

function failureOf(error: unknown): Failure | null {
  if (error instanceof Failure) return error
  if (error instanceof GraphQLError && error.originalError) return failureOf(error.originalError)
  return null
}
