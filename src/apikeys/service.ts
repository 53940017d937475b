import type { Ctx } from '../context.ts'
import type { RateLimit } from '../core/caller.ts'
import { Failure } from '../core/errors.ts'
import { isKeyId, newKeyId } from '../core/ids.ts'
import { pageRequest, type Page } from '../core/paging.ts'
import {
  isKeyPermission,
  keyPermissions,
  lacking,
  type KeyPermission,
} from '../core/permissions.ts'
import { digest, mask, newSecret } from '../core/secret.ts'
import { listRows, pageRows, source } from '../db/list.ts'
import { notFound, person, tenantEm } from '../db/tenant.ts'
import { ApiKey } from './entity.ts'

/** A key as it is read ever after: masked, and without its secret. */
export type ApiKeyView = Pick<
  ApiKey,
  'id' | 'workspaceId' | 'keyName' | 'permissions' | 'keyMask' | 'usageCount'
> & {
  readonly rateLimit?: RateLimit | null | undefined
  readonly expiresDate?: Date | string | null | undefined
  readonly lastUsedDate?: Date | string | null | undefined
  readonly lastUsedAddress?: string | null | undefined
  readonly createdDate: Date | string
  readonly updatedDate: Date | string
}

/** A key with both secrets in clear, at the only moments they are known. */
export interface RevealedApiKey extends ApiKeyView {
  readonly apiKey: string
  readonly apiSecret: string
}

export interface ApiKeyInput {
  readonly keyName?: string | null | undefined
  readonly permissions?: readonly string[] | null | undefined
  readonly expiresDate?: Date | null | undefined
  readonly rateLimit?: RateLimit | null | undefined
}

const keys = source<ApiKeyView>('api_key', [
  'id',
  'workspaceId',
  'keyName',
  'permissions',
  'keyMask',
  'usageCount',
  'rateLimit',
  'expiresDate',
  'lastUsedDate',
  'lastUsedAddress',
  'createdDate',
  'updatedDate',
])

/** The keys of the workspace, newest change first; `unusedSince` keeps those not used since then. */
export async function listApiKeys(
  ctx: Ctx,
  input: { unusedSince?: Date | null | undefined } = {},
): Promise<ApiKeyView[]> {
  if (!input.unusedSince) return listRows(ctx, keys)
  const sql = 'coalesce(last_used_date, created_date) < ?'
  return listRows(ctx, keys, { where: { sql, params: [input.unusedSince.toISOString()] } })
}

/** One page of the same list. Throws BAD_REQUEST for a page that cannot be. */
export async function apiKeyPage(
  ctx: Ctx,
  input: { page: number; limit: number },
): Promise<Page<ApiKeyView>> {
  return pageRows(ctx, keys, { page: pageRequest(input.page, input.limit) })
}

/** One key. Throws NOT_FOUND. */
export async function getApiKey(ctx: Ctx, input: { id: string }): Promise<ApiKeyView> {
  return findOwn(ctx, input.id)
}

/**
 * Makes a key with two new secrets. Throws BAD_REQUEST for permissions keys never hold or a date
 * that is past, FORBIDDEN for a permission the caller lacks.
 */
export async function createApiKey(
  ctx: Ctx,
  input: ApiKeyInput & { keyName: string; permissions: readonly string[] },
): Promise<RevealedApiKey> {
  const secrets = { apiKey: newSecret(), apiSecret: newSecret() }
  const em = tenantEm(ctx)
  const key = em.create(ApiKey, {
    id: newKeyId(),
    workspaceId: person(ctx).workspaceId,
    keyName: input.keyName.normalize('NFC'),
    permissions: grantable(ctx, input.permissions),
    expiresDate: future(ctx, input.expiresDate),
    rateLimit: possible(input.rateLimit),
    ...atRest(secrets),
  })
  await em.persist(key).flush()
  return { ...key, ...secrets }
}

/** Changes what is given and leaves the rest. Throws NOT_FOUND, BAD_REQUEST, FORBIDDEN. */
export async function updateApiKey(
  ctx: Ctx,
  input: ApiKeyInput & { id: string },
): Promise<ApiKeyView> {
  const em = tenantEm(ctx)
  const key = await findOwn(ctx, input.id, em)
  if (typeof input.keyName === 'string') key.keyName = input.keyName.normalize('NFC')
  if (input.permissions) key.permissions = grantable(ctx, input.permissions)
  if (input.expiresDate !== undefined) key.expiresDate = input.expiresDate
  if (input.rateLimit !== undefined) key.rateLimit = possible(input.rateLimit)
  await em.flush()
  await ctx.deps.access.forget(`key:${key.id}`)
  return key
}

/**
 * Gives a key new secrets; the old ones work for `gracePeriod` more seconds. Throws NOT_FOUND,
 * FORBIDDEN for a key that may what the caller may not.
 */
export async function rotateApiKey(
  ctx: Ctx,
  input: { id: string; gracePeriod?: number | null | undefined },
): Promise<RevealedApiKey> {
  const em = tenantEm(ctx)
  const key = await findOwn(ctx, input.id, em)
  requireAll(ctx, key.permissions.filter(isKeyPermission))
  const secrets = { apiKey: newSecret(), apiSecret: newSecret() }
  const grace = (input.gracePeriod ?? 0) * 1000
  Object.assign(key, {
    previousKeyDigest: grace > 0 ? key.keyDigest : null,
    previousSecretDigest: grace > 0 ? key.secretDigest : null,
    graceEndsDate: grace > 0 ? new Date(ctx.deps.clock.now().getTime() + grace) : null,
    ...atRest(secrets),
  })
  await em.flush()
  await ctx.deps.access.forget(`key:${key.id}`)
  return { ...key, ...secrets }
}

/** Removes a key, and with it the tokens it was exchanged for. Throws NOT_FOUND. */
export async function deleteApiKey(
  ctx: Ctx,
  input: { id: string },
): Promise<{ id: string; deleted: boolean }> {
  const removed = isKeyId(input.id) ? await tenantEm(ctx).nativeDelete(ApiKey, { id: input.id }) : 0
  if (removed === 0) throw notFound('API key')
  await ctx.deps.access.forget(`key:${input.id}`)
  return { id: input.id, deleted: true }
}

async function findOwn(ctx: Ctx, id: string, em = tenantEm(ctx)): Promise<ApiKey> {
  const key = isKeyId(id) ? await em.findOne(ApiKey, { id }) : null
  if (!key) throw notFound('API key')
  return key
}

function grantable(ctx: Ctx, wanted: readonly string[]): KeyPermission[] {
  const unknown = wanted.find((permission) => !isKeyPermission(permission))
  if (unknown !== undefined || wanted.length === 0) {
    const problem =
      unknown === undefined
        ? 'must not be empty'
        : `cannot hold ${JSON.stringify(unknown.slice(0, 60))}`
    throw new Failure(
      'BAD_REQUEST',
      `permissions ${problem}; a key holds some of ${keyPermissions.join(', ')}.`,
    )
  }
  const held = [...new Set(wanted.filter(isKeyPermission))]
  requireAll(ctx, held)
  return held
}

/** Nobody hands out a permission they lack. Throws FORBIDDEN. */
function requireAll(ctx: Ctx, held: readonly KeyPermission[]): void {
  const [missing] = lacking(person(ctx).permissions, held)
  if (missing) {
    throw new Failure('FORBIDDEN', `You cannot grant ${missing}, which you do not have yourself.`)
  }
}

function future(ctx: Ctx, date: Date | null | undefined): Date | null {
  if (date && date <= ctx.deps.clock.now()) {
    throw new Failure('BAD_REQUEST', 'expiresDate must lie in the future.')
  }
  return date ?? null
}

function possible(rateLimit: RateLimit | null | undefined): RateLimit | null {
  if (!rateLimit) return null
  const { limit, windowSeconds } = rateLimit
  if (limit < 1 || windowSeconds < 1 || windowSeconds > 31 * 86_400) {
    throw new Failure(
      'BAD_REQUEST',
      'rateLimit needs a limit from 1 and windowSeconds from 1 to 2678400 (31 days).',
    )
  }
  return { limit, windowSeconds }
}

function atRest(secrets: { apiKey: string; apiSecret: string }) {
  return {
    keyMask: mask(secrets.apiKey),
    keyDigest: digest(secrets.apiKey),
    secretDigest: digest(secrets.apiSecret),
  }
}
