import type { SqlEntityManager } from '@mikro-orm/postgresql'
import type { Ctx, Deps } from '../context.ts'
import { Failure } from '../core/errors.ts'
import { isUuid, newId } from '../core/ids.ts'
import { SealError, sealedUnder } from '../core/seal.ts'
import { listRows, source } from '../db/list.ts'
import { notFound, principal, tenantEm } from '../db/tenant.ts'
import { Credential } from './entity.ts'
import { isSecretField } from './kinds.ts'
import { placeOf } from './place.ts'

/** Stands for a stored secret on the way out, and on the way in for "keep what is stored". */
export const redacted = '_FLOWGATE_REDACTED_'

/** A credential without its data. */
export interface CredentialView {
  readonly id: string
  readonly workspaceId: string
  readonly name: string
  readonly credentialName: string
  readonly createdDate: Date | string
  readonly updatedDate: Date | string
}

export type PlainData = Readonly<Record<string, unknown>>

/** A credential with its data, secrets redacted. */
export interface RedactedCredential extends CredentialView {
  readonly plainDataObj: PlainData
}

const credentials = source<CredentialView>('credential', [
  'id',
  'workspaceId',
  'name',
  'credentialName',
  'createdDate',
  'updatedDate',
])

/** The credentials of the workspace, newest change first; of the given types only, where any is given. */
export async function listCredentials(
  ctx: Ctx,
  input: { credentialName?: readonly string[] | null | undefined },
): Promise<CredentialView[]> {
  const names = input.credentialName ?? []
  if (names.length === 0) return listRows(ctx, credentials)
  const sql = `credential_name in (${names.map(() => '?').join(', ')})`
  return listRows(ctx, credentials, { where: { sql, params: names } })
}

/** One credential, its secrets redacted. Throws NOT_FOUND. */
export async function getCredential(ctx: Ctx, input: { id: string }): Promise<RedactedCredential> {
  const row = await findOwn(tenantEm(ctx), input.id)
  return view(row, openData(ctx.deps, row))
}

/** Stores a credential, sealed. Throws BAD_REQUEST unless the data is a JSON object. */
export async function createCredential(
  ctx: Ctx,
  input: { name: string; credentialName: string; plainDataObj?: unknown },
): Promise<RedactedCredential> {
  const em = tenantEm(ctx)
  const data = merged({}, readData(input.plainDataObj ?? {}))
  const id = newId()
  const { workspaceId } = principal(ctx)
  const row = em.create(Credential, {
    id,
    workspaceId,
    name: input.name.normalize('NFC'),
    credentialName: input.credentialName,
    encryptedData: ctx.deps.vault.seal(JSON.stringify(data), placeOf({ id, workspaceId })),
  })
  await em.persist(row).flush()
  return view(row, data)
}

/**
 * Changes what is given. Data is merged, and a redaction mark keeps the stored value; with another
 * `credentialName` all data is needed anew. Throws NOT_FOUND, BAD_REQUEST.
 */
export async function updateCredential(
  ctx: Ctx,
  input: {
    id: string
    name?: string | null | undefined
    credentialName?: string | null | undefined
    plainDataObj?: unknown
  },
): Promise<RedactedCredential> {
  const em = tenantEm(ctx)
  const row = await findOwn(em, input.id)
  const data = changedData(ctx.deps, row, input)
  if (typeof input.name === 'string') row.name = input.name.normalize('NFC')
  if (typeof input.credentialName === 'string') row.credentialName = input.credentialName
  const before = row.encryptedData
  if (input.plainDataObj !== undefined) {
    row.encryptedData = ctx.deps.vault.seal(JSON.stringify(data), placeOf(row))
  }
  await em.transactional(async (em) => {
    const [locked] = await em.execute<{ encrypted_data: string }[]>(
      'select encrypted_data from credential where id = ? for update',
      [row.id],
    )
    // What was merged was read before: somebody else's change must not be lost.
    if (locked?.encrypted_data !== before) {
      throw new Failure('CONFLICT', 'This credential was changed meanwhile; try again.')
    }
    await em.flush()
  })
  await ctx.deps.access.forget(`credential:${row.id}`)
  return view(row, data)
}

/** Removes a credential. Throws NOT_FOUND. */
export async function deleteCredential(
  ctx: Ctx,
  input: { id: string },
): Promise<{ id: string; deleted: boolean }> {
  const found = isUuid(input.id)
    ? await tenantEm(ctx).nativeDelete(Credential, { id: input.id })
    : 0
  if (found === 0) throw notFound('credential')
  await ctx.deps.access.forget(`credential:${input.id}`)
  return { id: input.id, deleted: true }
}

/**
 * The fields of a credential in clear, for a run of a flow in the same workspace; fields that are no
 * text are left out. Throws UNPROCESSABLE when the workspace has no such credential.
 */
export async function revealCredential(
  deps: Deps,
  workspaceId: string,
  id: string,
): Promise<Record<string, string>> {
  const row = isUuid(id) ? await sealed(deps, { id, workspaceId }) : null
  if (!row) throw new Failure('UNPROCESSABLE', `There is no credential ${id} in this workspace.`)
  const texts = Object.entries(openData(deps, row)).filter(
    (entry): entry is [string, string] => typeof entry[1] === 'string',
  )
  return Object.fromEntries(texts)
}

type Sealed = Pick<Credential, 'id' | 'workspaceId' | 'encryptedData'>

/** Stays sealed: what the cache holds opens nothing by itself. */
async function sealed(
  { database, stored }: Deps,
  { id, workspaceId }: Pick<Sealed, 'id' | 'workspaceId'>,
): Promise<Sealed | null> {
  return stored.get(`credential ${workspaceId} ${id}`, async () => {
    const [row] = await database.rows<Sealed>(
      database.workspaceEm({ workspaceId }),
      `select id, workspace_id as "workspaceId", encrypted_data as "encryptedData"
       from credential where id = ?`,
      [id],
    )
    const tags = [`credential:${id}`, `workspace:${workspaceId}`] as const
    return row ? { value: row, tags, size: row.encryptedData.length } : null
  })
}

/** What an update leaves of the stored data. Throws BAD_REQUEST, CONFLICT for data that does not open. */
function changedData(
  deps: Deps,
  row: Credential,
  input: { credentialName?: string | null | undefined; plainDataObj?: unknown },
): PlainData {
  const changesType =
    typeof input.credentialName === 'string' && input.credentialName !== row.credentialName
  if (input.plainDataObj === undefined) {
    if (!changesType) return openData(deps, row)
    throw new Failure('BAD_REQUEST', 'A changed credentialName needs its plainDataObj too.')
  }
  const startsAnew = changesType || isDamaged(deps, row)
  return merged(startsAnew ? {} : openData(deps, row), readData(input.plainDataObj))
}

async function findOwn(em: SqlEntityManager, id: string): Promise<Credential> {
  const row = isUuid(id)
    ? await em.findOne(Credential, { id }, { populate: ['encryptedData'] })
    : null
  if (!row) throw notFound('credential')
  return row
}

function openData(deps: Deps, row: Sealed): PlainData {
  try {
    return readData(JSON.parse(deps.vault.open(row.encryptedData, placeOf(row))))
  } catch (cause) {
    if (!(cause instanceof SealError)) throw cause
    throw new Failure(
      'CONFLICT',
      'The stored data of this credential cannot be opened; save all its fields anew.',
      {
        cause,
      },
    )
  }
}

/** Data under a key that is only missing from the ring is not damaged: it would be lost. */
function isDamaged(deps: Deps, row: Credential): boolean {
  if (!deps.vault.knows(sealedUnder(row.encryptedData))) return false
  try {
    openData(deps, row)
    return false
  } catch {
    return true
  }
}

function readData(data: unknown): PlainData {
  if (typeof data !== 'object' || data === null || Array.isArray(data)) {
    throw new Failure('BAD_REQUEST', 'plainDataObj must be a JSON object.')
  }
  return data as PlainData
}

function merged(stored: PlainData, given: PlainData): PlainData {
  const kept = Object.entries(given).filter(([, value]) => value !== redacted)
  return { ...stored, ...Object.fromEntries(kept) }
}

function view(row: Credential, data: PlainData): RedactedCredential {
  const shown = Object.entries(data).map(([field, value]) => [
    field,
    isSecretField(row.credentialName, field) ? redacted : value,
  ])
  const { id, workspaceId, name, credentialName, createdDate, updatedDate } = row
  return {
    id,
    workspaceId,
    name,
    credentialName,
    createdDate,
    updatedDate,
    plainDataObj: Object.fromEntries(shown),
  }
}
