import {
  getNamedType,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
  type GraphQLArgument,
  type GraphQLInputType,
} from 'graphql'
import { boundsOf } from '../../src/graphql/bounds.ts'

const texts: readonly unknown[] = [
  1,
  1.5,
  true,
  [],
  {},
  ['x'],
  { toString: 'x' },
  { __typename: 'x' },
]
const numbers = ['x', '1', '', true, [], {}, [1], '0x10', 'NaN', 1e308]

/** For each scalar: values of JSON that are none of it. */
const byType: Readonly<Record<string, readonly unknown[]>> = {
  String: texts,
  ID: texts.slice(1),
  Int: [...numbers, 1.5, 2_147_483_648, -2_147_483_649, 1e21],
  Float: numbers.slice(0, -1),
  Boolean: ['true', 'yes', '', 0, 1, [], {}, [true]],
  DateTime: [
    ['yesterday', '', '2024-02-30T00:00:00Z', '2024-13-45T00:00:00Z', '2024-03-15 10:30', '12345'],
    ['+275761-01-01T00:00:00Z', '2024-03-15T10:30:00', '10000-01-01T00:00:00Z'],
    [0, 1_710_498_600_000, true, [], {}],
  ].flat(),
}

/** Text that cannot be stored. */
export const unstorable = ['a\0b', '\0', 'a\ud800', '\udc00b', '\ud800\ud800']

/** Values that an argument does not take, each wrong for its own reason. */
export function wrongValues({ type, extensions }: GraphQLArgument): readonly unknown[] {
  const bounds = boundsOf(extensions)
  const wrong: unknown[] = [...wrongOf(type)]
  if (bounds.notNull) wrong.push(null)
  if (bounds.maxLength !== undefined && !bounds.anyText)
    wrong.push('x'.repeat(bounds.maxLength + 1))
  if (bounds.minLength !== undefined && bounds.minLength > 0) wrong.push('')
  if (bounds.minimum !== undefined) wrong.push(bounds.minimum - 1)
  if (bounds.maximum !== undefined) wrong.push(bounds.maximum + 1)
  return wrong
}

function wrongOf(type: GraphQLInputType): readonly unknown[] {
  if (isNonNullType(type)) return [null, ...wrongOf(type.ofType)]
  if (isListType(type)) {
    const items = wrongOf(type.ofType).map((item) => [item])
    return ['x', 1, true, {}, { length: 1 }, ...items, ...textOf(type.ofType).map((text) => [text])]
  }
  if (isEnumType(type)) return ['NOPE', '', 'constructor', 1, true, [], {}, ...unstorable]
  if (isInputObjectType(type)) {
    const fields = Object.values(type.getFields())
    const inner = fields.flatMap((field) =>
      wrongOf(field.type).map((value) => ({ [field.name]: value })),
    )
    return ['x', 1, true, [], ...inner.filter((value) => !Object.values(value).includes(null))]
  }
  return [...(byType[type.name] ?? []), ...textOf(type)]
}

function textOf(type: GraphQLInputType): readonly string[] {
  return ['String', 'ID', 'JSON'].includes(getNamedType(type).name) ? unstorable : []
}

/** GraphQL makes a list of a lone value, and text of the number of an ID; REST takes neither. */
export function isCoercedByGraphql(value: unknown, type: GraphQLInputType): boolean {
  const inner = isNonNullType(type) ? type.ofType : type
  if (isListType(inner)) return !Array.isArray(value)
  return getNamedType(inner).name === 'ID' && typeof value === 'number'
}
