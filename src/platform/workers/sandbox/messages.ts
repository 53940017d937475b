/** What the two sides of a sandbox thread tell each other; all of it survives structured clone. */

export interface RunMessage {
  readonly kind: 'run'
  readonly code: string
  /** Names of the globals, and a JSON object of those that have a value. */
  readonly names: readonly string[]
  readonly variables: string
  readonly limitMs: number
  readonly memoryBytes: number
  readonly maxResultBytes: number
}

export interface FetchedMessage {
  readonly kind: 'fetched'
  readonly id: number
  readonly answer: FetchAnswer
}

export interface FetchAnswer {
  readonly status: number
  readonly statusText: string
  readonly url: string
  readonly redirected: boolean
  readonly headers: readonly (readonly [string, string])[]
  readonly body: Uint8Array
  /** Why there is no answer; empty when there is one. */
  readonly error: string
}

export interface FetchMessage {
  readonly kind: 'fetch'
  readonly id: number
  readonly url: string
  readonly method: string
  readonly headers: readonly [string, string][]
  readonly body: Uint8Array<ArrayBuffer> | string | undefined
}

/**
 * How a run ended. `thrown` is a fault of the user's code, `stuck` the same when it awaits what
 * nothing can bring about; `broken` is a fault of the sandbox; `gone`: the thread was ended.
 */
export type Ending =
  | { readonly kind: 'value'; readonly value: unknown; readonly logs: readonly string[] }
  | { readonly kind: 'thrown'; readonly message: string }
  | { readonly kind: 'memory' }
  | { readonly kind: 'timeout' }
  | { readonly kind: 'stuck' }
  | { readonly kind: 'gone' }
  | { readonly kind: 'broken'; readonly message: string }

export interface EndMessage {
  readonly kind: 'end'
  readonly ending: Ending
  /** The thread holds memory that it will not give back soon, so it had better end. */
  readonly spent: boolean
}

export type ToThread = RunMessage | FetchedMessage
export type FromThread = { readonly kind: 'ready' } | FetchMessage | EndMessage
