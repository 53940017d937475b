import { Failure } from '../../core/errors.ts'
import type { JsonSchema } from '../node/instances.ts'
import { parseLoose } from '../text/json.ts'
import { isRecord, isSafeKey } from '../text/paths.ts'

type Values = Readonly<Record<string, unknown>>

const types: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  string: { type: 'string' },
  number: { type: 'number' },
  boolean: { type: 'boolean' },
  date: { type: 'string', format: 'date' },
  object: { type: 'object' },
  array: { type: 'array', items: {} },
}

/** The JSON Schema of a stored tool: rows of properties, or a JSON Schema as it is. */
export function toolSchema(stored: unknown): JsonSchema {
  const parsed = typeof stored === 'string' ? parseLoose(stored) : stored
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

/**
 * An argument as a piece of a path.
 * @throws Failure BAD_REQUEST for dots, which lead to where the author does not let the model go.
 */
export function pathPiece(value: unknown): string {
  const text = argument(value)
  if (/^\.{1,2}$/.test(text)) {
    throw new Failure('BAD_REQUEST', `The argument "${text}" cannot be a part of the address.`)
  }
  return encodeURIComponent(text)
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

/** Arguments in the types that the tool's schema wants; authors and models may write others. */
export function argumentsFor(schema: JsonSchema, given: Values): Values {
  const properties = isRecord(schema['properties']) ? schema['properties'] : {}
  return Object.fromEntries(
    Object.entries(given).map(([name, value]) => {
      const property = Object.hasOwn(properties, name) ? properties[name] : undefined
      const type = isRecord(property) ? property['type'] : undefined
      if (typeof value === 'string') return [name, inType(value, type)]
      return [name, type === 'string' ? argument(value) : value]
    }),
  )
}

function inType(value: string, type: unknown): unknown {
  if (type === 'string' || type === undefined) return value
  const parsed = parseLoose(value.trim())
  const fits =
    type === 'integer' ? Number.isInteger(parsed) : type === 'array' ? Array.isArray(parsed) : true
  return parsed !== undefined && fits ? parsed : value
}
