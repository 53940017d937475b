import SchemaBuilder, {
  BasePlugin,
  type PothosOutputFieldConfig,
  type SchemaTypes,
} from '@pothos/core'
import type { GraphQLFieldResolver } from 'graphql'
import type { Ctx } from '../context.ts'
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
const roots = new Set(['Query', 'Mutation', 'Subscription'])

/**
 * Counts what API keys do, and holds their own rate limits: once for each query or mutation that a
 * key was admitted to, so that ten aliases count ten.
 */
class KeyUsePlugin<Types extends SchemaTypes> extends BasePlugin<Types> {
  override wrapResolve(
    resolver: GraphQLFieldResolver<unknown, Types['Context'], object>,
    field: PothosOutputFieldConfig<Types>,
  ): GraphQLFieldResolver<unknown, Types['Context'], object> {
    if (!roots.has(field.parentType)) return resolver
    return async (...call) => {
      await countKeyUse(call[2] as Ctx)
      return resolver(...call)
    }
  }
}

SchemaBuilder.registerPlugin(name, KeyUsePlugin)

export const keyUsePlugin = name

async function countKeyUse({ caller, deps, request }: Ctx): Promise<void> {
  if (caller.kind !== 'key') return
  if (caller.rateLimit) {
    const verdict = await deps.limiter.hit(`key ${caller.keyId}`, caller.rateLimit)
    if (!verdict.allowed) {
      throw new Failure('RATE_LIMITED', 'This API key has reached its limit; try again later.', {
        retryAfter: verdict.retryAfter,
      })
    }
  }
  deps.keyUses.add(caller.keyId, {
    count: 1,
    lastUsedDate: deps.clock.now(),
    lastUsedAddress: request.address,
  })
}
