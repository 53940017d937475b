import { APICallError } from '@ai-sdk/provider'
import { Failure } from '../../core/errors.ts'

/** One sentence: who, the status, the provider's own words. The run takes secrets out of it. */
export function providerFailure(error: unknown, who: string): Failure {
  for (let at = error; at instanceof Error; at = at.cause) {
    if (!(at instanceof Failure)) continue
    const isTold = at.message.startsWith(who)
    return isTold ? at : new Failure(at.code, `${who} failed: ${at.message}`)
  }
  if (APICallError.isInstance(error) && (error.statusCode ?? 0) >= 300) {
    const words = error.message.trim().slice(0, 2000)
    return new Failure('UPSTREAM', `${who} answered ${error.statusCode}: ${words}`)
  }
  const told = errorPartWords(error)
  if (told !== undefined) return new Failure('UPSTREAM', `${who} failed: ${told}`)
  return new Failure('UPSTREAM', `${who} gave an answer that cannot be read.`)
}

/** What a provider says inside a stream it has begun: an object, or plain text. */
function errorPartWords(error: unknown): string | undefined {
  if (typeof error === 'string') return error.slice(0, 2000)
  if (typeof error !== 'object' || error === null || error instanceof Error) return undefined
  const message = 'message' in error ? error.message : undefined
  return typeof message === 'string' ? message.slice(0, 2000) : undefined
}
