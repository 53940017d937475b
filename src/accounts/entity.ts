import { defineEntity, p, type InferEntity } from '@mikro-orm/core'
import { createdDate, current, id, policy, timestamp, updatedDate } from '../db/columns.ts'

/** A person. The e-mail address is stored in its normal form and is unique on the server. */
export const User = defineEntity({
  name: 'User',
  tableName: 'app_user',
  rowLevelSecurity: 'force',
  policies: [policy(`organization_id = ${current('organization')}`)],
  properties: {
    id: id(),
    organizationId: p.uuid().index(),
    email: p.text().unique(),
    name: p.text().nullable(),
    passwordHash: p.text().nullable().lazy(),
    disabled: p.boolean().default(false),
    createdDate: createdDate(),
    updatedDate: updatedDate(),
  },
})
export type User = InferEntity<typeof User>

/** One signing-in, from login to logout. */
export const Session = defineEntity({
  name: 'Session',
  tableName: 'session',
  rowLevelSecurity: 'force',
  policies: [policy(`user_id = ${current('user')}`)],
  properties: {
    id: id(),
    userId: p.uuid().index(),
    workspaceId: p.uuid(),
    address: p.text().nullable(),
    userAgent: p.text().nullable(),
    createdDate: createdDate(),
    lastUsedDate: timestamp(),
    expiresDate: timestamp(),
    endedDate: timestamp().nullable(),
  },
})
export type Session = InferEntity<typeof Session>

/** A refresh token ever handed out, by digest; used ones stay so that their reuse is recognised. */
export const RefreshToken = defineEntity({
  name: 'RefreshToken',
  tableName: 'refresh_token',
  rowLevelSecurity: 'force',
  policies: [policy(`user_id = ${current('user')}`)],
  properties: {
    digest: p.text().primary(),
    sessionId: p.uuid().index(),
    userId: p.uuid(),
    createdDate: createdDate(),
    usedDate: timestamp().nullable(),
  },
})
export type RefreshToken = InferEntity<typeof RefreshToken>

/** A one-time way in: for somebody invited, or whose password was reset. Known by digest alone. */
export const Invite = defineEntity({
  name: 'Invite',
  tableName: 'invite',
  rowLevelSecurity: 'force',
  // Whoever may see the user: their organization.
  policies: [policy('user_id in (select id from app_user)')],
  properties: {
    digest: p.text().primary(),
    userId: p.uuid().index(),
    createdDate: createdDate(),
    expiresDate: timestamp(),
    usedDate: timestamp().nullable(),
  },
})
export type Invite = InferEntity<typeof Invite>
