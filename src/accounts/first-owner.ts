import { randomBytes } from 'node:crypto'
import { newId } from '../core/ids.ts'
import { base62, normalizeEmail } from '../core/text.ts'
import type { Database } from '../db/database.ts'
import type { Passwords } from '../platform/workers/passwords.ts'
import { Membership, Organization, Workspace } from '../workspaces/entity.ts'
import { User } from './entity.ts'

export interface OwnerLogin {
  readonly email: string
  readonly password: string
}

export class OwnerNeeded extends Error {
  override readonly name = 'OwnerNeeded'
}

/**
 * Makes the organization, workspace and owner that an empty database lacks. Without a configured
 * login the embedded database gets a made-up one, which is returned: nobody else knows it. Null when
 * nothing was made up. Throws `OwnerNeeded` when a shared database has no owner and none is configured.
 */
export async function ensureOwner(
  database: Database,
  passwords: Passwords,
  configured: OwnerLogin | null,
): Promise<OwnerLogin | null> {
  const em = database.jobsEm()
  if ((await em.count(User, {})) > 0) return null
  if (!configured && database.kind === 'postgres') {
    throw new OwnerNeeded('The database has no owner yet: set ADMIN_EMAIL and ADMIN_PASSWORD.')
  }
  const login = configured ?? {
    email: 'owner@example.com',
    password: base62(randomBytes(15), 21),
  }
  const passwordHash = await passwords.hash(login.password)
  const [organizationId, workspaceId, userId] = [newId(), newId(), newId()]
  const email = normalizeEmail(login.email)
  await em.transactional(async (em) => {
    // One flush each: the database checks every row's parent as it comes.
    em.create(Organization, { id: organizationId, name: 'My organization' })
    await em.flush()
    em.create(Workspace, { id: workspaceId, organizationId, name: 'Default workspace' })
    em.create(User, { id: userId, organizationId, email, passwordHash })
    await em.flush()
    em.create(Membership, { workspaceId, userId, role: 'owner' })
  })
  return configured ? null : login
}
