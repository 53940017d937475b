import type { JsonSchema } from '../node/instances.ts'
import { isRecord, isSafeKey, parseJson } from '../text/paths.ts'

const types: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  string: { type: 'string' },
  number: { type: 'number' },
  boolean: { type: 'boolean' },
  date: { type: 'string', format: 'date' },
}

/** The JSON Schema of a stored tool: rows of properties, or a JSON Schema as it is. */
export function toolSchema(stored: unknown): JsonSchema {
  const parsed = typeof stored === 'string' ? parseJson(stored) : stored
  if (isRecord(parsed)) return { type: 'object', properties: {}, ...parsed }
  const rows = Array.isArray(parsed) ? parsed.filter(isRecord) : []
  const named = rows.flatMap((row) => {
    const name = row['property'] ?? row['name']
    return typeof name === 'string' && isSafeKey(name) ? [{ ...row, name }] : []
  })
  const properties = named.map(({ name, ...row }) => {
    const { type, description } = row as Readonly<Record<string, unknown>>
    const form = types[String(type)] ?? { type: 'string' }
    return [name, typeof description === 'string' ? { ...form, description } : form] as const
  })
  const required = named.filter((row) => 'required' in row && row.required === true)
  return {
    type: 'object',
    properties: Object.fromEntries(properties),
    required: required.map(({ name }) => name),
    additionalProperties: false,
  }
}

/** An argument of a tool as text; a model may give something else than was asked for. */
export function argument(value: unknown): string {
  if (typeof value === 'string') return value
  return value === undefined || value === null ? '' : JSON.stringify(value)
}

/** A name as models may call it: letters, digits, `_` and `-`, at most 64. */
export function toolName(text: string): string {
  const name = text
    .trim()
    .replaceAll(/\s+/g, '_')
    .replaceAll(/[^\w-]/g, '')
    .slice(0, 64)
  return name === '' ? 'tool' : name
}
