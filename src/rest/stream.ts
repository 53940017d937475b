import {
  getNamedType,
  isObjectType,
  parse,
  subscribe,
  type DocumentNode,
  type GraphQLField,
  type GraphQLSchema,
} from 'graphql'
import type { Ctx } from '../context.ts'
import { variablesFor, type Source } from './variables.ts'

/** What one event of a streamed answer holds. */
export interface StreamedEvent {
  readonly event: string
  readonly data: unknown
  readonly duration?: number | null
}

/** Runs the field and yields its events. Throws what the field refuses before the first of them. */
export type RunStream = (ctx: Ctx, source: Source) => Promise<AsyncIterable<StreamedEvent>>

/** Makes a function of a subscription, whose events are of a type with `event` and `data`. */
export function prepareStream(schema: GraphQLSchema, name: string): RunStream {
  const field = schema.getSubscriptionType()?.getFields()[name]
  if (!field) throw new Error(`There is no subscription ${name}.`)
  const document = documentFor(field)
  return async (ctx, source) => {
    const result = await subscribe({
      schema,
      document,
      contextValue: ctx,
      variableValues: variablesFor(field.args, source),
    })
    if (Symbol.asyncIterator in result) return events(result, name)
    throw result.errors?.[0] ?? new Error('A subscription gave neither events nor errors.')
  }
}

function documentFor(field: GraphQLField<unknown, Ctx>): DocumentNode {
  const declared = field.args.map((argument) => `$${argument.name}: ${String(argument.type)}`)
  const given = field.args.map((argument) => `${argument.name}: $${argument.name}`)
  const told = getNamedType(field.type)
  const parts = isObjectType(told) ? Object.keys(told.getFields()) : []
  const call = `${field.name}(${given.join(', ')})`
  return parse(`subscription (${declared.join(', ')}) { ${call} { ${parts.join(' ')} } }`)
}

type Results = AsyncGenerator<{
  errors?: readonly Error[]
  data?: Record<string, unknown> | null
}>

async function* events(results: Results, name: string): AsyncGenerator<StreamedEvent> {
  for await (const { errors, data } of results) {
    if (errors?.[0]) throw errors[0]
    yield data?.[name] as StreamedEvent
  }
}
