import type { JsonSchema } from '../node/instances.ts'
import { parseLoose } from '../text/json.ts'
import { dig, isRecord, isSafeKey, safeEntries, textOf } from '../text/paths.ts'

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

/** A schema, or just its properties by name; without any, an item may hold whatever it likes. */
function itemSchema(written: unknown): JsonSchema {
  const parsed = typeof written === 'string' ? parseLoose(written) : written
  const properties = dig(parsed, ['properties']) ?? parsed
  if (!isRecord(properties) || Object.keys(properties).length === 0) return { type: 'object' }
  return objectOf(
    Object.entries(properties).map(([key, value]) => [key, propertySchema(value)]),
    (key) => !isOptional(properties[key]),
  )
}

/** Words of JSON Schema under which objects stand. */
const holdsSchema = new Set(
  'properties items not if then else additionalProperties contains propertyNames'.split(' '),
)

/**
 * A property as authors write it, who mark it itself as required or optional: providers refuse that
 * as no JSON Schema. One of nothing but properties is an object of them.
 */
function propertySchema(property: unknown): JsonSchema {
  if (!isRecord(property)) return { type: 'string' }
  const inside = Object.entries(property)
  if (
    inside.length > 0 &&
    inside.every(([key, value]) => isRecord(value) && !holdsSchema.has(key))
  ) {
    return itemSchema(property)
  }
  const { required, optional: _mark, items, properties, ...schema } = property
  const named = safeEntries(properties).map(([key, value]) => [key, propertySchema(value)] as const)
  return {
    ...schema,
    ...(Array.isArray(required) ? { required } : {}),
    ...(items === undefined ? {} : { items: isRecord(items) ? propertySchema(items) : items }),
    ...(isRecord(properties) ? { properties: Object.fromEntries(named) } : {}),
  }
}

function isOptional(property: unknown): boolean {
  return dig(property, ['optional']) === true || dig(property, ['required']) === false
}

function objectOf(
  properties: readonly (readonly [string, JsonSchema])[],
  isRequired: (key: string) => boolean = () => true,
): JsonSchema {
  return {
    type: 'object',
    properties: Object.fromEntries(properties),
    required: properties.map(([key]) => key).filter(isRequired),
    additionalProperties: false,
  }
}
