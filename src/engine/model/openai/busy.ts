import { APICallError } from '@ai-sdk/provider'
import { isRecord, textOf } from '../../text/paths.ts'

const tooMany = 429
const unavailable = 503

/** What a provider told in a stream, as an error after which it is asked again; undefined for others. */
export function busyError(told: unknown): APICallError | undefined {
  if (!isRecord(told)) return undefined
  const { message, type, code } = told
  const words = `${textOf(type)} ${textOf(code)}`
  const named = /rate_?limit|too_many/i.test(words) ? tooMany : unavailable
  const statusCode = typeof code === 'number' ? code : named
  const isBusy = /rate_?limit|too_many|overload|unavailable|server_error|timeout/i.test(words)
  const isRetryable = typeof code === 'number' ? code === tooMany || code >= 500 : isBusy
  if (!isRetryable) return undefined
  return new APICallError({
    message: textOf(message),
    url: '',
    requestBodyValues: undefined,
    statusCode,
    isRetryable,
  })
}
