import { extname } from 'node:path'
import { Failure } from '../../core/errors.ts'
import { createBridge } from './sandbox/bridge.ts'
import { converse } from './sandbox/conversation.ts'
import type { Ending, RunMessage } from './sandbox/messages.ts'
import { Threads } from './sandbox/threads.ts'

export interface SandboxJob {
  /** The body of an async function. */
  readonly code: string
  /** Become globals, as JSON would carry them: `$input`, `$vars`, `$flow`, `$name` of an argument. */
  readonly variables: Readonly<Record<string, unknown>>
  readonly signal?: AbortSignal
  /** Whose code it is: workspaces take turns. Without one it is of those who name none. */
  readonly workspaceId?: string
  /** Milliseconds for this run, waits included. */
  readonly limitMs?: number
}

export interface SandboxResult {
  /** What the code returned, as JSON carries it; undefined when it returned nothing. */
  readonly value: unknown
  /** Lines the code wrote to its console; at most 100 of 4,096 characters. */
  readonly logs: readonly string[]
}

export interface Sandbox {
  /**
   * Runs code nobody vouches for: a QuickJS of its own with capped memory, in a thread.
   * @throws Failure UNPROCESSABLE when the code fails, with its error's name, message and line, or
   * when its memory or result is too large; TIMEOUT; UNAVAILABLE when too many runs wait, or after
   * `close`. Rejects with the signal's reason when that aborts.
   */
  run(job: SandboxJob): Promise<SandboxResult>
  close(): Promise<void>
}

export interface SandboxOptions {
  /** The guarded fetch: the only way out of the sandbox. */
  readonly fetch: typeof globalThis.fetch
  /** Most runs at once; default 3, of which one workspace has 2. */
  readonly threads?: number
  /** Most runs waiting for a thread; default 64, of which one workspace alone has 32. */
  readonly maxQueue?: number
  /** Milliseconds of a run, waits included; default 10,000. */
  readonly limitMs?: number
  /** Default 64 MiB; QuickJS does not start with less than 16. */
  readonly memoryBytes?: number
  /** Bytes of the returned value as JSON; default 1 MiB. */
  readonly maxResultBytes?: number
  /** Requests of one run; default 20. */
  readonly maxFetches?: number
}

const MIB = 1024 * 1024
const IDLE_MS = 30_000
const MAX_VARIABLES = 8 * MIB

/** Threads start at the first run and end after 30 idle seconds. */
export function createSandbox(options: SandboxOptions): Sandbox {
  const { fetch, maxFetches = 20, memoryBytes = 64 * MIB, maxResultBytes = MIB } = options
  const threads = new Threads({
    // The worker is .ts beside this file when run from source, .js when built.
    file: new URL(`./sandbox.worker${extname(import.meta.url)}`, import.meta.url),
    count: options.threads ?? 3,
    maxWaiting: options.maxQueue ?? 64,
    idleMs: IDLE_MS,
  })

  return {
    async run({ code, variables, signal, workspaceId = '', limitMs = options.limitMs ?? 10_000 }) {
      const limits = { limitMs, memoryBytes, maxResultBytes }
      const message: RunMessage = { kind: 'run', code, ...packed(variables), ...limits }
      const { worker, end } = await threads.take(workspaceId, signal)
      const over = new AbortController()
      const bridge = createBridge({ fetch, maxFetches, signal: over.signal })
      let reusable = false
      try {
        const { ending, spent } = await converse(worker, message, { bridge, signal })
        reusable = !spent
        return resultOf(ending, limits)
      } finally {
        over.abort()
        end(reusable)
      }
    },
    close: () => threads.close(),
  }
}

function packed(variables: SandboxJob['variables']): Pick<RunMessage, 'names' | 'variables'> {
  const text = JSON.stringify(variables)
  if (text.length > MAX_VARIABLES) {
    throw new Failure('UNPROCESSABLE', `The code is given more than ${MAX_VARIABLES} characters.`)
  }
  return { names: Object.keys(variables), variables: text }
}

function resultOf(ending: Ending, limits: { limitMs: number; memoryBytes: number }): SandboxResult {
  if (ending.kind === 'value') return { value: ending.value, logs: ending.logs }
  throw failureOf(ending, limits)
}

function failureOf(
  ending: Exclude<Ending, { kind: 'value' }>,
  { limitMs, memoryBytes }: { limitMs: number; memoryBytes: number },
): Failure {
  switch (ending.kind) {
    case 'thrown':
      return new Failure('UNPROCESSABLE', ending.message)
    case 'memory':
      return new Failure(
        'UNPROCESSABLE',
        `The code needs more than ${Math.round(memoryBytes / MIB)} MiB of memory.`,
      )
    case 'stuck':
      return new Failure('UNPROCESSABLE', 'The code awaits a promise that nothing will settle.')
    case 'timeout':
      return new Failure('TIMEOUT', `The code did not end within ${limitMs} ms.`)
    case 'gone':
      return new Failure('UNAVAILABLE', 'The server is shutting down; please try again.', {
        retryAfter: 1,
      })
    default:
      return new Failure('UNPROCESSABLE', 'The code broke the sandbox it ran in.', {
        cause: ending.message,
      })
  }
}
