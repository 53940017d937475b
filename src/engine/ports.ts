/** One message of a conversation, as it is stored and as callers send it. */
export interface HistoryMessage {
  readonly role: 'userMessage' | 'apiMessage'
  readonly content: string
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
  readonly clock: { now(): Date }
}
