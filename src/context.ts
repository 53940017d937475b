import type { SqlEntityManager } from '@mikro-orm/postgresql'
import type { Caller, KeyOutcome } from './core/caller.ts'
import type { Permission } from './core/permissions.ts'
import type { Vault } from './core/seal.ts'
import type { Tokens } from './core/token.ts'
import type { Database } from './db/database.ts'
import type { LoadDocuments, StoredDocuments } from './engine/node/ports.ts'
import type { AccessCache } from './platform/access-cache.ts'
import type { Attempts } from './platform/attempts.ts'
import type { Batch } from './platform/batch.ts'
import type { Bus } from './platform/bus/bus.ts'
import type { Clock } from './platform/clock.ts'
import type { Config } from './platform/config.ts'
import type { FlowCache } from './platform/flow-cache.ts'
import type { Limiter } from './platform/limiter/limiter.ts'
import type { Log } from './platform/log.ts'
import type { Metrics } from './platform/metrics.ts'
import type { Runs } from './platform/runs.ts'
import type { Spool, Uploads } from './platform/spool.ts'
import type { Sql } from './platform/sql/open.ts'
import type { LocalEmbeddings } from './platform/workers/embeddings.ts'
import type { Passwords } from './platform/workers/passwords.ts'
import type { Sandbox } from './platform/workers/sandbox.ts'

/** What the server is made of, composed once in `app.ts`. */
export interface Deps {
  readonly config: Config
  readonly database: Database
  readonly log: Log
  readonly clock: Clock
  readonly bus: Bus
  readonly access: AccessCache
  /** Flows and sealed credentials as they are stored; `access` forgets them. */
  readonly stored: Pick<AccessCache, 'get'>
  readonly limiter: Limiter
  readonly attempts: Attempts
  readonly passwords: Passwords
  readonly tokens: Tokens
  readonly vault: Vault
  /** Derives the successors of refresh tokens. */
  readonly refreshSecret: Uint8Array
  /** The guarded fetch: everything a flow calls goes through it. */
  readonly fetch: typeof globalThis.fetch
  /** The same without what the operator allows beyond the public network. */
  readonly fetchPublic: typeof globalThis.fetch
  /** Where users' code runs. */
  readonly sandbox: Sandbox
  /** Where the files of requests wait. */
  readonly spool: Spool
  /** Reads the files that the flows of a workspace load. */
  readonly loading: { of(workspaceId: string): LoadDocuments }
  readonly localEmbeddings: LocalEmbeddings
  /** Makes indexes for namespaces of vectors that grow. */
  readonly vectorIndexes: {
    grown(em: SqlEntityManager, space: GrownSpace): void
  }
  /** The document stores that flows read, whichever room they run in. */
  readonly documentStores: {
    find(workspaceId: string, id: string): Promise<StoredDocuments>
  }
  /** Databases of others that flows read. */
  readonly sql: Sql
  /** What flows remember for a while. */
  readonly flowCache: FlowCache
  /** The runs of flows under way here. */
  readonly runs: Runs
  readonly metrics: Metrics
  readonly keyUses: Batch<string, KeyUses>
  readonly audit: Batch<string, AuditRecord>
}

/** A namespace of vectors that got more chunks. */
export interface GrownSpace {
  readonly id: string
  readonly dimensions: number
  readonly hasPgvector: boolean
}

/** Uses of one API key since the last flush, on one day. */
export interface KeyUses {
  readonly keyId: string
  readonly workspaceId: string
  /** As YYYY-MM-DD, in UTC. */
  readonly day: string
  readonly counts: Readonly<Record<KeyOutcome, number>>
  /** The last accepted one. */
  readonly lastUsedDate: Date | null
  readonly lastUsedAddress: string | null
}

/** Something that happened, for the audit log. */
export interface AuditRecord {
  readonly workspaceId: string | null
  readonly date: Date
  readonly actorKind: 'user' | 'key' | 'anonymous'
  readonly actorId: string | null
  readonly action: string
  readonly targetId: string | null
  /** `ok`, or the code of the refusal. */
  readonly outcome: string
  readonly address: string
  readonly requestId: string
  readonly count: number
}

/** Who a caller turned out to be, where the operation itself proves it: signing in, exchanging a key. */
export interface Proven {
  readonly kind: 'user' | 'key'
  readonly id: string
  readonly workspaceId: string
}

/** What verbs may know of the request. */
export interface RequestInfo {
  readonly id: string
  readonly address: string
  /** What limits count together with the address. */
  readonly network: string
  readonly userAgent: string | null
  readonly origin: string | null
  /** Aborts when the client goes away. */
  readonly signal: AbortSignal
  /** The files of a form. */
  readonly uploads: Uploads | null
}

/** What every verb receives first; made anew for each operation. */
export interface Ctx {
  readonly caller: Caller
  readonly request: RequestInfo
  readonly deps: Deps
  readonly admitToFlow: AdmitToFlow
  /** The flows this operation was admitted to, by id; only these can be run or read without a JWT. */
  readonly admitted: Map<string, AdmittedFlow>
  /** Set by operations that prove who calls; the audit log asks. */
  proven: Proven | null
  /** Batching loaders of this operation, by what they load. */
  readonly loaders: Map<string, unknown>
}

/** What somebody wants of a flow; `chatflows/access.ts` decides. */
export interface FlowDemand {
  /** Of the flow, or of a rating of one of its answers. */
  readonly id: string
  readonly idOf?: 'flow' | 'feedback'
  readonly anyOf: readonly Permission[]
  /** Whether a public flow grants it to anyone. */
  readonly anonymous: boolean
  /** Strangers are served only where the flow's author lets people upload files to their chats. */
  readonly ifUploads?: boolean
}

/** A flow that an operation was admitted to, as one of its workspace or as anyone may. */
export interface AdmittedFlow {
  readonly head: FlowHead
  readonly admittedAs: 'principal' | 'anyone'
}

/** What must be known of a flow before its workspace may be entered. */
export interface FlowHead {
  readonly id: string
  readonly workspaceId: string
  readonly apikeyid?: string | null | undefined
  readonly isPublic: boolean
  readonly chatbotConfig?: string | null | undefined
}

/** Throws UNAUTHENTICATED, FORBIDDEN or NOT_FOUND unless the caller may. */
export type AdmitToFlow = (ctx: Ctx, demand: FlowDemand) => Promise<void>
