import type { FlowSource } from '../flow/flow.ts'
import type { RunStatus } from './events.ts'
import type { ExecutedNode } from './events.ts'
import type { LoadedDocument } from './instances.ts'
import type { LoadJob } from './load-job.ts'

/** One message of a conversation, as it is stored and as callers send it. */
export interface HistoryMessage {
  readonly role: 'userMessage' | 'apiMessage'
  readonly content: string
}

/** A tool that a workspace keeps: code with the schema of its arguments. */
export interface StoredTool {
  readonly id: string
  readonly name: string
  readonly description: string
  /** JSON text: rows of `{property, type, description, required}`, or a JSON Schema. */
  readonly schema: string | null
  readonly func: string | null
}

/** User code with the values it may see, each under its name (`$input`, `$vars`, `$city` …). */
export interface CodeJob {
  readonly code: string
  readonly variables: Readonly<Record<string, unknown>>
  readonly signal: AbortSignal
}

export interface CodeResult {
  readonly value: unknown
  readonly logs: readonly string[]
}

/** What is kept of a run: its end, its rows, and what `FlowResult.state` held. */
export interface SavedRun {
  readonly status: RunStatus
  readonly executedData: readonly ExecutedNode[]
  readonly state?: Readonly<Record<string, unknown>>
  /** Before going on from it. @throws Failure CONFLICT when another run does, or has. */
  readonly claim: () => Promise<void>
}

/** Who keeps chunks. */
export interface VectorOwner {
  readonly kind: 'chatflow' | 'documentStore'
  readonly id: string
}

/** A namespace: chunks of one owner that are searched together. */
export interface VectorPlace {
  /** Of the conversation of this run alone, beside what everybody finds. */
  readonly ofChat?: boolean
  readonly owner: VectorOwner
  readonly namespace: string
}

/** A kind of node with its settings, as document stores keep them. */
export interface NodeConfig {
  readonly name: string
  /** Its inputs, with the id of its credential under `credential` or `FLOWISE_CREDENTIAL_ID`. */
  readonly config: Readonly<Record<string, unknown>>
}

/** A document store of a workspace. */
export interface StoredDocuments {
  readonly id: string
  readonly name: string
  readonly embeddings: NodeConfig | null
  /** Null: the server's own. */
  readonly vectorStore: NodeConfig | null
  readonly recordManager: NodeConfig | null
  /** Its chunks in their order, some at a time. */
  readonly chunks: () => AsyncIterable<readonly LoadedDocument[]>
}

/** A piece of a document, as it is kept. */
export interface Chunk {
  /** Tells whether it is there already. */
  readonly hash: string
  /** The file or address it came from, whose older chunks it replaces; null replaces nothing. */
  readonly source: string | null
  readonly content: string
  readonly metadata: Readonly<Record<string, unknown>>
}

/** A new chunk with its vector, or one without that was there already. */
export interface WrittenChunk extends Chunk {
  readonly vector?: readonly number[]
}

/**
 * What happens to chunks that an upsert does not bring again: those of its sources go, all of the
 * namespace go, or none.
 */
export type Cleanup = 'sources' | 'namespace' | 'none'

/** One upsert into a namespace. Nobody finds anything of it before `commit`. */
export interface ChunkWriter {
  /** Which of the hashes are there already. */
  readonly known: (hashes: readonly string[]) => Promise<ReadonlySet<string>>
  /** @throws Failure UNPROCESSABLE for other dimensions than those of the namespace. */
  readonly add: (chunks: readonly WrittenChunk[]) => Promise<void>
  readonly commit: (cleanup: Cleanup) => Promise<ChunkCounts>
  /** Takes everything back; does not throw. */
  readonly discard: () => Promise<void>
}

export interface ChunkCounts {
  readonly numAdded: number
  readonly numUpdated: number
  readonly numSkipped: number
  readonly numDeleted: number
}

export interface ChunkQuery {
  readonly model: string
  readonly vector: readonly number[]
  readonly limit: number
  /** What a chunk's metadata must contain. */
  readonly filter?: Readonly<Record<string, unknown>>
  /** The chunks' vectors are wanted as well. */
  readonly withVectors?: boolean
}

export interface FoundChunk {
  readonly content: string
  readonly metadata: Readonly<Record<string, unknown>>
  /** Cosine: 1 is the same, 0 has nothing in common. */
  readonly score: number
  readonly vector?: readonly number[]
}

/** Where flows keep what was upserted; each sees its own namespaces only. */
export interface VectorPort {
  /**
   * Begins an upsert, once no other one is under way there.
   * @throws Failure UNPROCESSABLE when another model filled the namespace; CONFLICT when the wait
   *   for another upsert is too long.
   */
  readonly open: (
    place: VectorPlace,
    how: { readonly model: string; readonly signal: AbortSignal },
  ) => Promise<ChunkWriter>
  /** The nearest chunks, nearest first. @throws Failure UNPROCESSABLE for another model. */
  readonly search: (place: VectorPlace, query: ChunkQuery) => Promise<readonly FoundChunk[]>
}

/** What the flows of a workspace remember for a while; anything may be forgotten at any time. */
export interface CachePort {
  readonly get: (key: string) => Promise<string | undefined>
  readonly set: (key: string, value: string, ttlMs: number) => Promise<void>
}

/** A database that a flow names; it is asked on a connection that can only read. */
export interface SqlAccess {
  /** Where it is, with login and password. */
  readonly url: string
  /** Begins the sentences of refusals. */
  readonly who: string
  readonly signal: AbortSignal
}

export type SqlRow = readonly (string | null)[]

export interface SqlTable {
  readonly name: string
  readonly columns: readonly { readonly name: string; readonly type: string }[]
  /** A few of its rows, each value cut short. */
  readonly sample: readonly SqlRow[]
}

export interface SqlRows {
  readonly columns: readonly string[]
  readonly rows: readonly SqlRow[]
  /** There were more than wanted. */
  readonly hasMore: boolean
}

/**
 * PostgreSQL databases of others, by the rules of every call out of the server.
 * @throws Failure UNPROCESSABLE for an address it cannot read, UPSTREAM, TIMEOUT.
 */
export interface SqlPort {
  /** What the login may read; `include` undefined: every table. */
  readonly tables: (
    access: SqlAccess,
    wanted: {
      readonly include: readonly string[] | undefined
      readonly ignore: readonly string[]
      readonly sampleRows: number
    },
  ) => Promise<readonly SqlTable[]>
  /** The first rows of one SELECT; any other statement is refused. */
  readonly query: (
    access: SqlAccess,
    select: { readonly text: string; readonly limit: number },
  ) => Promise<SqlRows>
}

/** Reads and cuts files, some chunks at a time. @throws Failure naming the file, UNAVAILABLE, TIMEOUT. */
export type LoadDocuments = (
  job: LoadJob,
  signal: AbortSignal,
) => AsyncIterable<readonly LoadedDocument[]>

/** Everything a run needs from the world; the rooms above fill it, tests fake it. */
export interface Ports {
  /** The guarded fetch: nothing in the engine reaches the network by another way. */
  readonly fetch: typeof globalThis.fetch
  /** The same for addresses that callers give, not authors: the public network alone. */
  readonly fetchPublic: typeof globalThis.fetch
  /**
   * The decrypted fields of a credential of the flow's workspace.
   * @throws Failure UNPROCESSABLE when there is none with that id; the engine adds the node.
   */
  readonly credential: (id: string) => Promise<Readonly<Record<string, string>>>
  /** The stored messages of a session of this flow and caller, oldest first. */
  readonly history: (sessionId: string) => Promise<readonly HistoryMessage[]>
  /** The values behind `$vars`. */
  readonly variables: () => Promise<Readonly<Record<string, string>>>
  /** A custom tool of the flow's workspace. @throws Failure UNPROCESSABLE when there is none. */
  readonly tool: (id: string) => Promise<StoredTool>
  /** A flow of the flow's workspace. @throws Failure UNPROCESSABLE when there is none. */
  readonly flow: (id: string) => Promise<FlowSource & { readonly name: string }>
  /** A document store of the flow's workspace. @throws Failure UNPROCESSABLE when there is none. */
  readonly documentStore: (id: string) => Promise<StoredDocuments>
  /**
   * Runs user code in the sandbox.
   * @throws Failure UNPROCESSABLE with the code's own error, TIMEOUT.
   */
  readonly runCode: (job: CodeJob) => Promise<CodeResult>
  /** The newest kept run of a session of this flow and caller; undefined when there is none. */
  readonly savedRun: (sessionId: string) => Promise<SavedRun | undefined>
  readonly vectors: VectorPort
  readonly cache: CachePort
  readonly sql: SqlPort
  readonly loadDocuments: LoadDocuments
  /** Vectors of texts, without a provider. @throws Failure UNPROCESSABLE, UNAVAILABLE. */
  readonly embedLocally: (
    texts: readonly string[],
    signal: AbortSignal,
  ) => Promise<readonly (readonly number[])[]>
  readonly clock: { now(): Date }
}
