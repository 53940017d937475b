import {
  GraphQLError,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
  type GraphQLEnumType,
  type GraphQLInputObjectType,
  type GraphQLInputType,
  type GraphQLScalarType,
} from 'graphql'
import { Failure } from '../core/errors.ts'

/**
 * A JSON value as the input type takes it, unchanged but for fields of objects that the type does
 * not know, which are left out. Stricter than GraphQL in one thing: a lone value is no list.
 *
 * @param path how the value is called in the sentence of a refusal, such as `rateLimit.limit`
 * @throws Failure BAD_REQUEST, naming the path
 */
export function conform(value: unknown, type: GraphQLInputType, path: string): unknown {
  if (isNonNullType(type)) {
    if (value === null) throw new Failure('BAD_REQUEST', `${path} must not be null.`)
    return conform(value, type.ofType, path)
  }
  if (value === null) return null
  if (isListType(type)) {
    if (!Array.isArray(value)) throw new Failure('BAD_REQUEST', `${path} must be a list.`)
    const items: unknown[] = value
    return items.map((item, index) => conform(item, type.ofType, `${path}[${index}]`))
  }
  if (isInputObjectType(type)) return conformObject(value, type, path)
  return conformLeaf(value, type, path)
}

/**
 * Text of a path or query string as the JSON value that the type takes.
 * @throws Failure BAD_REQUEST, naming the parameter
 */
export function fromText(text: string, type: GraphQLInputType, name: string): unknown {
  const inner = isNonNullType(type) ? type.ofType : type
  switch ('name' in inner ? inner.name : '') {
    case 'Int':
      if (/^\d{1,10}$/.test(text)) return conform(Number(text), type, name)
      throw new Failure('BAD_REQUEST', `${name} must be a whole number.`)
    case 'Float':
      if (/^-?\d{1,15}(\.\d{1,15})?$/.test(text)) return Number(text)
      throw new Failure('BAD_REQUEST', `${name} must be a number.`)
    case 'Boolean':
      if (text === 'true' || text === 'false') return text === 'true'
      throw new Failure('BAD_REQUEST', `${name} must be true or false.`)
    default:
      return conform(text, type, name)
  }
}

function conformObject(value: unknown, type: GraphQLInputObjectType, path: string): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new Failure('BAD_REQUEST', `${path} must be an object.`)
  }
  const given = value as Record<string, unknown>
  const taken: Record<string, unknown> = {}
  for (const field of Object.values(type.getFields())) {
    if (Object.hasOwn(given, field.name)) {
      taken[field.name] = conform(given[field.name], field.type, `${path}.${field.name}`)
    } else if (isNonNullType(field.type) && field.defaultValue === undefined) {
      throw new Failure('BAD_REQUEST', `${path}.${field.name} is required.`)
    }
  }
  return taken
}

const wanted: Readonly<Record<string, string>> = {
  String: 'text',
  ID: 'text',
  Int: 'a whole number',
  Float: 'a number',
  Boolean: 'true or false',
}

function conformLeaf(
  value: unknown,
  type: GraphQLScalarType | GraphQLEnumType,
  path: string,
): unknown {
  // GraphQL takes a number for an ID, and a whole number for text is a mistake all the same.
  if (type.name === 'ID' && typeof value !== 'string') throw mismatch(type, path)
  try {
    type.parseValue(value)
  } catch (error) {
    if (error instanceof Failure) throw new Failure(error.code, `${path}: ${error.message}`)
    if (error instanceof GraphQLError) throw mismatch(type, path)
    throw error
  }
  return value
}

function mismatch(type: GraphQLScalarType | GraphQLEnumType, path: string): Failure {
  const what = isEnumType(type)
    ? `one of ${type
        .getValues()
        .map((value) => value.name)
        .join(', ')}`
    : (wanted[type.name] ?? `a value of ${type.name}`)
  return new Failure('BAD_REQUEST', `${path} must be ${what}.`)
}
