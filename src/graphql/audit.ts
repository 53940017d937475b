import SchemaBuilder, {
  BasePlugin,
  type PothosOutputFieldConfig,
  type SchemaTypes,
} from '@pothos/core'
import type { GraphQLFieldResolver } from 'graphql'
import type { AuditRecord, Ctx } from '../context.ts'
import { Failure } from '../core/errors.ts'
import { newId } from '../core/ids.ts'
import { countKey } from './key-use.ts'

declare global {
  // Pothos reads its extension points from this namespace.
  export namespace PothosSchemaTypes {
    export interface Plugins<Types extends SchemaTypes> {
      audit: AuditPlugin<Types>
    }
  }
}

const name = 'audit'
const roots = new Set(['Query', 'Mutation'])

/** For fields whose successes are counted elsewhere: running flows is no management. */
export const unaudited = { extensions: { unaudited: true } } as const

/**
 * Writes the audit log: every mutation with how it ended, and every refusal. Outermost of all
 * plugins, it sees what the others refuse.
 */
class AuditPlugin<Types extends SchemaTypes> extends BasePlugin<Types> {
  override wrapResolve(
    resolver: Resolver<Types>,
    field: PothosOutputFieldConfig<Types>,
  ): Resolver<Types> {
    return roots.has(field.parentType) ? recording(resolver, field) : resolver
  }

  override wrapSubscribe(
    subscribe: Resolver<Types> | undefined,
    field: PothosOutputFieldConfig<Types>,
  ): Resolver<Types> | undefined {
    return subscribe && recording(subscribe, field)
  }
}

type Resolver<Types extends SchemaTypes> = GraphQLFieldResolver<unknown, Types['Context'], object>

function recording<Types extends SchemaTypes>(
  resolver: Resolver<Types>,
  field: PothosOutputFieldConfig<Types>,
): Resolver<Types> {
  const isManagement = field.parentType === 'Mutation' && !field.extensions?.['unaudited']
  return async (parent, args, context, info) => {
    const ctx = context as Ctx
    const call: Call = { action: field.name, args: args as Record<string, unknown> }
    try {
      const result: unknown = await resolver(parent, args, context, info)
      if (isManagement) record(ctx, { ...call, result }, 'ok')
      return result
    } catch (error) {
      if (error instanceof Failure) recordRefusal(ctx, { ...call, isManagement }, error)
      throw error
    }
  }
}

SchemaBuilder.registerPlugin(name, AuditPlugin)

export const auditPlugin = name

interface Call {
  readonly action: string
  readonly args: Readonly<Record<string, unknown>>
  readonly result?: unknown
}

function recordRefusal(ctx: Ctx, call: Call & { isManagement: boolean }, failure: Failure): void {
  const refusesRights = failure.code === 'UNAUTHENTICATED' || failure.code === 'FORBIDDEN'
  if (refusesRights) countKey(ctx, 'refused')
  if (!refusesRights && !call.isManagement) return
  record(ctx, call, failure.code)
}

/** Strangers are many: their refusals of one minute become one row. */
function record(ctx: Ctx, call: Call, outcome: string): void {
  const entry = entryOf(ctx, call, outcome)
  const minute = Math.floor(entry.date.getTime() / 60_000)
  const key = entry.actorKind === 'anonymous' ? `${minute} ${call.action} ${outcome}` : newId()
  ctx.deps.audit.add(key, entry)
}

function entryOf(ctx: Ctx, call: Call, outcome: string): AuditRecord {
  const { caller, request, deps, proven } = ctx
  // Who the operation itself proved counts before whatever token came along.
  const actor = proven ?? (caller.kind === 'anonymous' ? null : actorOf(caller))
  return {
    workspaceId: actor?.workspaceId ?? null,
    date: deps.clock.now(),
    actorKind: actor?.kind ?? 'anonymous',
    actorId: actor?.id ?? null,
    action: call.action,
    targetId: targetOf(call),
    outcome,
    address: request.address,
    requestId: request.id,
    count: 1,
  }
}

function actorOf(caller: Exclude<Ctx['caller'], { kind: 'anonymous' }>) {
  const id = caller.kind === 'user' ? caller.userId : caller.keyId
  return { kind: caller.kind, id, workspaceId: caller.workspaceId }
}

/** The row it was about: of the arguments the most specific id, else that of what was made. */
function targetOf({ args, result }: Call): string | null {
  const made = typeof result === 'object' && result !== null && 'id' in result ? result.id : null
  const target = args['userId'] ?? args['id'] ?? made
  return typeof target === 'string' ? target.slice(0, 64) : null
}
