import { Failure } from '../../core/errors.ts'
import { parseJson } from '../../core/json.ts'

/**
 * The parameters of an operation that came by GET: `variables` and `extensions` are JSON as text
 * (GraphQL over HTTP, section 5.4).
 * @throws Failure BAD_REQUEST naming the parameter
 */
export function operationOfQuery(query: string): Readonly<Record<string, unknown>> {
  const found: Record<string, unknown> = Object.create(null)
  for (const [name, text] of new URLSearchParams(query)) {
    if (name in found) throw new Failure('BAD_REQUEST', 'A parameter must be given once.')
    const isJson = name === 'variables' || name === 'extensions'
    found[name] = isJson && text !== '' ? parseJson(text, `The parameter ${name}`) : text
  }
  return { ...found }
}
