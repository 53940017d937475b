import SchemaBuilder, {
  BasePlugin,
  type PothosOutputFieldConfig,
  type SchemaTypes,
} from '@pothos/core'
import type { GraphQLFieldResolver } from 'graphql'
import { Failure } from '../core/errors.ts'
import { isStorableWithin } from '../core/json.ts'
import { isStorable } from '../core/text.ts'

/** Limits of an argument: checked before the resolver runs, and told in the OpenAPI document. */
export interface Bounds {
  /** Characters of a text. */
  readonly minLength?: number
  readonly maxLength?: number
  /** A regular expression the whole text matches. */
  readonly pattern?: string
  /** A format of JSON Schema, told but not checked here. */
  readonly format?: string
  readonly minimum?: number
  readonly maximum?: number
  readonly maxItems?: number
  /** Null is refused: there is nothing to clear. */
  readonly notNull?: boolean
  /** The length is told and not checked: an id that cannot be is simply not found. */
  readonly anyText?: boolean
  /** The body may carry any JSON here, up to the body limit. */
  readonly freeForm?: boolean
  readonly example?: unknown
}

declare global {
  // Pothos reads its extension points from this namespace.
  export namespace PothosSchemaTypes {
    export interface Plugins<Types extends SchemaTypes> {
      bounds: BoundsPlugin<Types>
    }
  }
}

const name = 'bounds'

class BoundsPlugin<Types extends SchemaTypes> extends BasePlugin<Types> {
  override wrapResolve(
    resolver: Resolver<Types>,
    field: PothosOutputFieldConfig<Types>,
  ): Resolver<Types> {
    // The arguments of a subscription are judged when it begins, and not again for each event.
    return field.parentType === 'Subscription' ? resolver : checking(resolver, field)
  }

  override wrapSubscribe(
    subscribe: Resolver<Types> | undefined,
    field: PothosOutputFieldConfig<Types>,
  ): Resolver<Types> | undefined {
    return subscribe && checking(subscribe, field)
  }
}

type Resolver<Types extends SchemaTypes> = GraphQLFieldResolver<unknown, Types['Context'], object>

function checking<Types extends SchemaTypes>(
  resolver: Resolver<Types>,
  field: PothosOutputFieldConfig<Types>,
): Resolver<Types> {
  const bounds = Object.entries(field.args).map(
    ([argument, config]) => [argument, boundsOf(config.extensions)] as const,
  )
  if (bounds.length === 0) return resolver
  return (parent, args, context, info) => {
    const values = args as Record<string, unknown>
    for (const [argument, limits] of bounds) check(argument, values[argument], limits)
    return resolver(parent, args, context, info)
  }
}

SchemaBuilder.registerPlugin(name, BoundsPlugin)

export const boundsPlugin = name

/** The bounds an argument was declared with. */
export function boundsOf(extensions: unknown): Bounds {
  return (extensions as { bounds?: Bounds } | undefined)?.bounds ?? {}
}

/** Shorthand for declaring them: `t.arg.string({ ...bounded({ maxLength: 200 }) })`. */
export function bounded(bounds: Bounds): { extensions: { bounds: Bounds } } {
  return { extensions: { bounds } }
}

function check(argument: string, value: unknown, bounds: Bounds): void {
  if (value === undefined) return
  if (value === null) {
    if (bounds.notNull) throw new Failure('BAD_REQUEST', `${argument} must not be null.`)
    return
  }
  if (typeof value === 'string') checkText(argument, value, bounds)
  else if (typeof value === 'number') checkNumber(argument, value, bounds)
  else checkWithin(argument, value, bounds)
}

function checkText(argument: string, text: string, bounds: Bounds): void {
  if (!isStorable(text)) {
    throw new Failure('BAD_REQUEST', `${argument} holds a NUL or half of a surrogate pair.`)
  }
  if (bounds.anyText) return
  if (text.length < (bounds.minLength ?? 0)) {
    throw new Failure(
      'BAD_REQUEST',
      bounds.minLength === 1
        ? `${argument} must not be empty.`
        : `${argument} must have at least ${bounds.minLength} characters.`,
    )
  }
  if (text.length > (bounds.maxLength ?? Infinity)) {
    throw new Failure(
      'BAD_REQUEST',
      `${argument} must have at most ${bounds.maxLength} characters.`,
    )
  }
  if (bounds.pattern && !new RegExp(bounds.pattern, 'u').test(text)) {
    throw new Failure('BAD_REQUEST', `${argument} must match ${bounds.pattern}.`)
  }
}

function checkNumber(argument: string, value: number, bounds: Bounds): void {
  if (value < (bounds.minimum ?? -Infinity) || value > (bounds.maximum ?? Infinity)) {
    throw new Failure(
      'BAD_REQUEST',
      `${argument} must be between ${bounds.minimum} and ${bounds.maximum}.`,
    )
  }
}

/** Lists and JSON: every text inside must be one that can be stored. */
function checkWithin(argument: string, value: unknown, bounds: Bounds): void {
  if (Array.isArray(value) && value.length > (bounds.maxItems ?? Infinity)) {
    throw new Failure('BAD_REQUEST', `${argument} must have at most ${bounds.maxItems} items.`)
  }
  if (!isStorableWithin(value)) {
    throw new Failure('BAD_REQUEST', `${argument} holds a NUL or half of a surrogate pair.`)
  }
}
