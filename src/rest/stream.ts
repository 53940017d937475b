import {
  createSourceEventStream,
  parse,
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

/**
 * Makes a function of a subscription, whose events are of a type with `event` and `data` and
 * nothing else to resolve: they are told as they come, not each as the answer to a query.
 */
export function prepareStream(schema: GraphQLSchema, name: string): RunStream {
  const field = schema.getSubscriptionType()?.getFields()[name]
  if (!field) throw new Error(`There is no subscription ${name}.`)
  const document = documentFor(field)
  return async (ctx, source) => {
    const result = await createSourceEventStream({
      schema,
      document,
      contextValue: ctx,
      variableValues: variablesFor(field.args, source),
    })
    if (Symbol.asyncIterator in result) return result as AsyncIterable<StreamedEvent>
    throw result.errors?.[0] ?? new Error('A subscription gave neither events nor errors.')
  }
}

function documentFor(field: GraphQLField<unknown, Ctx>): DocumentNode {
  const declared = field.args.map((argument) => `$${argument.name}: ${String(argument.type)}`)
  const given = field.args.map((argument) => `${argument.name}: $${argument.name}`)
  const call = `${field.name}(${given.join(', ')})`
  return parse(`subscription (${declared.join(', ')}) { ${call} { event } }`)
}
