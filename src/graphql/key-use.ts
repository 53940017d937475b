import SchemaBuilder, {
  BasePlugin,
  type PothosOutputFieldConfig,
  type SchemaTypes,
} from '@pothos/core'
import type { GraphQLFieldResolver } from 'graphql'
import type { Ctx } from '../context.ts'
import type { KeyOutcome } from '../core/caller.ts'
import { Failure } from '../core/errors.ts'

declare global {
  // Pothos reads its extension points from this namespace.
  export namespace PothosSchemaTypes {
    export interface Plugins<Types extends SchemaTypes> {
      keyUse: KeyUsePlugin<Types>
    }
  }
}

const name = 'keyUse'
/** A subscription is one call, however many events it tells. */
const countsIn = { resolve: new Set(['Query', 'Mutation']), subscribe: new Set(['Subscription']) }

/**
 * Counts what API keys do, and holds their own rate limits: once for each query or mutation, so that
 * ten aliases count ten. What the scopes refuse, the audit plugin counts.
 */
class KeyUsePlugin<Types extends SchemaTypes> extends BasePlugin<Types> {
  override wrapResolve(
    resolver: GraphQLFieldResolver<unknown, Types['Context'], object>,
    field: PothosOutputFieldConfig<Types>,
  ): GraphQLFieldResolver<unknown, Types['Context'], object> {
    if (!countsIn.resolve.has(field.parentType) || provesItself(field)) return resolver
    return async (parent, args, context, info) => {
      await countKeyUse(context as Ctx)
      return resolver(parent, args, context, info)
    }
  }

  override wrapSubscribe(
    subscribe: GraphQLFieldResolver<unknown, Types['Context'], object> | undefined,
    field: PothosOutputFieldConfig<Types>,
  ): GraphQLFieldResolver<unknown, Types['Context'], object> | undefined {
    if (!subscribe || !countsIn.subscribe.has(field.parentType)) return subscribe
    return async (parent, args, context, info) => {
      await countKeyUse(context as Ctx)
      return subscribe(parent, args, context, info)
    }
  }
}

SchemaBuilder.registerPlugin(name, KeyUsePlugin)

/** Fields that prove a credential of their own overlook the one that came along. */
function provesItself({ pothosOptions }: { readonly pothosOptions: unknown }): boolean {
  const { authScopes } = pothosOptions as { authScopes?: { anyone?: unknown } }
  return authScopes?.anyone === true
}

export const keyUsePlugin = name

async function countKeyUse(ctx: Ctx): Promise<void> {
  const { caller, deps } = ctx
  if (caller.kind !== 'key') return
  if (caller.rateLimit) {
    const verdict = await deps.limiter.hit(`key ${caller.keyId}`, caller.rateLimit)
    if (!verdict.allowed) {
      countKey(ctx, 'limited')
      throw new Failure('RATE_LIMITED', 'This API key has reached its limit; try again later.', {
        retryAfter: verdict.retryAfter,
      })
    }
  }
  countKey(ctx, 'accepted')
}

/** Adds one call to what the key of the caller did today; nothing for other callers. */
export function countKey({ caller, deps, request }: Ctx, outcome: KeyOutcome): void {
  if (caller.kind !== 'key') return
  const now = deps.clock.now()
  const day = now.toISOString().slice(0, 10)
  deps.keyUses.add(`${caller.keyId} ${day}`, {
    keyId: caller.keyId,
    workspaceId: caller.workspaceId,
    day,
    counts: { accepted: 0, refused: 0, limited: 0, [outcome]: 1 },
    lastUsedDate: outcome === 'accepted' ? now : null,
    lastUsedAddress: outcome === 'accepted' ? request.address : null,
  })
}
