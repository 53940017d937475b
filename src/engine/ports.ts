import type { RunStatus } from './events.ts'
import type { FlowSource } from './flow.ts'
import type { ExecutedNode } from './result.ts'

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
}

/** Everything a run needs from the world; the rooms above fill it, tests fake it. */
export interface Ports {
  /** The guarded fetch: nothing in the engine reaches the network by another way. */
  readonly fetch: typeof globalThis.fetch
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
  /**
   * Runs user code in the sandbox.
   * @throws Failure UNPROCESSABLE with the code's own error, TIMEOUT.
   */
  readonly runCode: (job: CodeJob) => Promise<CodeResult>
  /** The newest kept run of a session of this flow and caller; undefined when there is none. */
  readonly savedRun: (sessionId: string) => Promise<SavedRun | undefined>
  readonly clock: { now(): Date }
}
