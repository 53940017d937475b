import { Script } from 'node:vm'
import { z } from 'zod'
import { Failure } from '../core/errors.ts'

const property = z.object({
  property: z.string().min(1),
  type: z.enum(['string', 'number', 'boolean', 'date']),
  description: z.string().optional(),
  required: z.boolean().optional(),
})
const schemas = z.union([z.array(property), z.record(z.string(), z.unknown())])

/** Throws BAD_REQUEST, with the place, unless the text is a list of properties or a JSON Schema. */
export function checkToolSchema(text: string): void {
  let parsed: unknown
  try {
    parsed = JSON.parse(text)
  } catch (error) {
    throw new Failure(
      'BAD_REQUEST',
      `schema is not JSON: ${error instanceof Error ? error.message : ''}.`,
    )
  }
  const result = (Array.isArray(parsed) ? z.array(property) : schemas).safeParse(parsed)
  if (result.success) return
  const [issue] = result.error.issues
  const place = issue && issue.path.length > 0 ? ` at ${issue.path.join('.')}` : ''
  throw new Failure(
    'BAD_REQUEST',
    `schema${place} must be a list of {property, type, description, required} or a JSON Schema.`,
  )
}

/** Throws BAD_REQUEST, with the line, unless the text can be the body of a function. Nothing of it runs. */
export function checkToolCode(func: string): void {
  try {
    // Compiling is not running: the script is thrown away.
    void new Script(`(async () => {\n${func}\n})`, { filename: 'func' })
  } catch (error) {
    const line = /^func:(\d+)/.exec(error instanceof Error ? (error.stack ?? '') : '')?.[1]
    const reason = error instanceof Error ? error.message : 'it does not parse'
    throw new Failure('BAD_REQUEST', `func, line ${Number(line ?? 2) - 1}: ${reason}.`)
  }
}
