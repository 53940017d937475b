import { defineEntity, p, type InferEntity } from '@mikro-orm/core'
import type { KeyOutcome, RateLimit } from '../core/caller.ts'
import { createdDate, ofWorkspace, timestamp, updatedDate, workspaceId } from '../db/columns.ts'

/** An API key. Neither the key nor its secret is stored: only their digests and a mask. */
export const ApiKey = defineEntity({
  name: 'ApiKey',
  tableName: 'api_key',
  ...ofWorkspace,
  properties: {
    id: p.text().primary(),
    workspaceId: workspaceId(),
    keyName: p.text(),
    permissions: p.array().columnType('text[]'),
    keyMask: p.text(),
    keyDigest: p.text().unique(),
    secretDigest: p.text(),
    /** The digests before the last rotation, good until the grace ends. */
    previousKeyDigest: p.text().unique().nullable(),
    previousSecretDigest: p.text().nullable(),
    graceEndsDate: timestamp().nullable(),
    expiresDate: timestamp().nullable(),
    rateLimit: p.json<RateLimit>().nullable(),
    usageCount: p.bigint('number').default(0),
    lastUsedDate: timestamp().nullable(),
    lastUsedAddress: p.text().nullable(),
    createdDate: createdDate(),
    updatedDate: updatedDate(),
  },
  indexes: [{ properties: ['workspaceId', 'updatedDate', 'id'] }],
})
export type ApiKey = InferEntity<typeof ApiKey>

/** How a key's calls went on one day, counted. */
export const ApiKeyUsage = defineEntity({
  name: 'ApiKeyUsage',
  tableName: 'api_key_usage',
  ...ofWorkspace,
  properties: {
    workspaceId: workspaceId(),
    keyId: p.text().primary(),
    day: p.date().primary(),
    outcome: p.text().$type<KeyOutcome>().primary(),
    count: p.bigint('number'),
  },
})
export type ApiKeyUsage = InferEntity<typeof ApiKeyUsage>
