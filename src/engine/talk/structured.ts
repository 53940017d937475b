import type { JsonSchema } from '../node/instances.ts'
import { parseLoose } from '../text/json.ts'
import { isRecord, isSafeKey, textOf } from '../text/paths.ts'

type Row = Readonly<Record<string, unknown>>

/** The JSON Schema of rows `{key, type, enumValues, jsonSchema, description}`; none of no rows. */
export function structuredSchema(rows: readonly Row[]): JsonSchema | undefined {
  const named = rows.filter(
    ({ key }) => typeof key === 'string' && key.trim() !== '' && isSafeKey(key),
  )
  if (named.length === 0) return undefined
  return objectOf(named.map((row) => [textOf(row['key']).trim(), schemaOf(row)]))
}

function schemaOf(row: Row): JsonSchema {
  const described = typeof row['description'] === 'string' ? row['description'] : ''
  const description = described === '' ? {} : { description: described }
  return { ...typeOf(row), ...description }
}

/** Canvases of both generations write the types: `stringArray`, `String Array`. */
function typeOf(row: Row): JsonSchema {
  const type = textOf(row['type']).replaceAll(/\s/g, '').toLowerCase()
  if (type === 'number') return { type: 'number' }
  if (type === 'boolean') return { type: 'boolean' }
  if (type === 'stringarray') return { type: 'array', items: { type: 'string' } }
  if (type === 'jsonarray') return { type: 'array', items: itemSchema(row['jsonSchema']) }
  if (type !== 'enum') return { type: 'string' }
  const words = textOf(row['enumValues'])
    .split(',')
    .map((word) => word.trim())
  const choices = words.filter((word) => word !== '')
  return choices.length === 0 ? { type: 'string' } : { type: 'string', enum: choices }
}

/** A schema, or just its properties by name. */
function itemSchema(written: unknown): JsonSchema {
  const parsed = typeof written === 'string' ? parseLoose(written) : written
  if (!isRecord(parsed)) return objectOf([])
  const properties = isRecord(parsed['properties']) ? parsed['properties'] : parsed
  return objectOf(
    Object.entries(properties).map(([key, value]) => [
      key,
      isRecord(value) ? value : { type: 'string' },
    ]),
  )
}

function objectOf(properties: readonly (readonly [string, JsonSchema])[]): JsonSchema {
  return {
    type: 'object',
    properties: Object.fromEntries(properties),
    required: properties.map(([key]) => key),
    additionalProperties: false,
  }
}
