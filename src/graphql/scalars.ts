import { Kind, type ValueNode } from 'graphql'
import { Failure } from '../core/errors.ts'

/** ISO 8601 with a zone; answers are UTC with milliseconds. */
const isoDate = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:\d{2})$/

export const dateTime = {
  description: 'A moment as ISO 8601 text, in UTC with milliseconds: 2024-03-15T10:30:00.000Z.',
  serialize: (value: unknown): string => new Date(value as Date | string).toISOString(),
  parseValue: (value: unknown): Date => {
    const date = typeof value === 'string' && isMoment(value) ? new Date(value) : null
    if (date && !Number.isNaN(date.getTime())) return date
    throw new Failure(
      'BAD_REQUEST',
      'A date must be ISO 8601 text such as 2024-03-15T10:30:00.000Z.',
    )
  },
}

export const json = {
  description: 'Any JSON value.',
  serialize: (value: unknown): unknown => value,
  parseValue: (value: unknown): unknown => value,
  parseLiteral: (node: ValueNode, variables?: Record<string, unknown> | null): unknown =>
    literal(node, variables ?? {}),
}

/** Whether it is written as one, on a day that its month has: a Date would take the 30th of February. */
function isMoment(text: string): boolean {
  const day = text.slice(0, 10)
  const date = new Date(`${day}T00:00:00Z`)
  return isoDate.test(text) && !Number.isNaN(date.getTime()) && date.toISOString().startsWith(day)
}

function literal(node: ValueNode, variables: Record<string, unknown>): unknown {
  switch (node.kind) {
    case Kind.OBJECT:
      return Object.fromEntries(
        node.fields.map((field) => [field.name.value, literal(field.value, variables)]),
      )
    case Kind.LIST:
      return node.values.map((item) => literal(item, variables))
    case Kind.INT:
    case Kind.FLOAT:
      return Number(node.value)
    case Kind.VARIABLE:
      return variables[node.name.value]
    case Kind.NULL:
      return null
    default:
      return node.value
  }
}
