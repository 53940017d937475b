import { Failure } from '../core/errors.ts'
import { parseRequestJson } from '../core/json.ts'

/**
 * JSON text of a request as an object.
 * @throws Failure BAD_REQUEST when it is not JSON, not an object, nested too deep, of too many
 *   values, sets a prototype, or holds text that cannot be stored.
 */
export function parseJsonBody(text: string): Record<string, unknown> {
  const value = parseRequestJson(text, 'The body')
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new Failure('BAD_REQUEST', 'The body must be a JSON object.')
  }
  return value as Record<string, unknown>
}
