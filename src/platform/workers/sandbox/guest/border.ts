import type { operations } from '../operations.ts'

/**
 * The files of this folder run inside QuickJS. `prelude.ts` takes the source text of what they
 * export into one scope, where they find each other by name, or as globals; so they export
 * functions and classes only, hold nothing else at the top, and import nothing but each other.
 * The user's code may replace what they lean on, and harms itself only: the thread trusts nothing
 * of what they say.
 */

/** The only way out of the sandbox; answers JSON, `{ value }` or `{ error }`. */
export type Host = (operation: string, input: string) => string

/** What code in the sandbox says of an error. */
export interface ErrorText {
  readonly name: string
  readonly message: string
  readonly stack: string
}

export interface Outgoing {
  readonly url: string
  readonly method: string
  readonly headers: readonly Pair[]
  /** `packed`: one character a byte. */
  readonly body?: { readonly text: string; readonly packed: boolean }
}

/** What concerns the run at hand, beside the operations without effects. */
export interface RunOperations {
  log(line: string): void
  /** The result as JSON; null when the code returned nothing. */
  end(json: string | null): void
  fail(error: ErrorText): void
  fetch(request: Outgoing): number
  /** The source of a group of these files. */
  group(name: string): string
  /** `packed`: one character a byte; otherwise text. */
  body(asked: { readonly id: number; readonly packed: boolean }): string
}

export type Operations = typeof operations & RunOperations

declare const host: Host

/** Evaluates a group of these files that is not needed by all code; returns what it returns. */
declare const load: (group: string) => unknown

/** Asks the thread, synchronously, and throws, in here, the error it answers. */
export function ask<Name extends keyof Operations>(
  operation: Name,
  input: Parameters<Operations[Name]>[0],
): ReturnType<Operations[Name]> {
  const answer = JSON.parse(host(operation, JSON.stringify(input ?? null)))
  if (answer.error === undefined) return answer.value
  const { name, message } = answer.error
  const kinds: Record<string, ErrorConstructor> = { TypeError, RangeError }
  throw new (kinds[name] ?? Error)(message)
}

/** Makes globals that a loop over `globalThis` does not see, as the built-in ones are. */
export function expose(values: Readonly<Record<string, unknown>>): void {
  for (const [name, value] of Object.entries(values)) {
    Object.defineProperty(globalThis, name, { value, writable: true, configurable: true })
  }
}

/** Globals of a group that is loaded, which takes QuickJS a while, when one of them is touched. */
export function exposeLate(group: string, names: readonly string[]): void {
  for (const name of names) {
    Object.defineProperty(globalThis, name, {
      configurable: true,
      get: () => {
        load(group)
        return Object.getOwnPropertyDescriptor(globalThis, name)?.value
      },
      set(value) {
        expose({ [name]: value })
      },
    })
  }
}

/** The same for a module. */
export function loadModule(group: string): unknown {
  return load(group)
}

export function textOf(value: unknown): string {
  return String(value)
}

export type Pair = [name: string, value: string]

/** Any way to give names and values to `URLSearchParams` or `Headers`. */
export function pairsOf(init: unknown): Pair[] {
  if (typeof init !== 'object' || init === null) return []
  const pairs =
    Symbol.iterator in init ? (init as Iterable<[unknown, unknown]>) : Object.entries(init)
  return Array.from(pairs, ([name, value]): Pair => [String(name), String(value)])
}

/** Bytes as text of one character each, which is how they cross the border. */
export function pack(source: ArrayBuffer | ArrayBufferView): string {
  const bytes = ArrayBuffer.isView(source)
    ? new Uint8Array(source.buffer, source.byteOffset, source.byteLength)
    : new Uint8Array(source)
  let text = ''
  for (let at = 0; at < bytes.length; at += 4096) {
    text += String.fromCharCode(...bytes.subarray(at, at + 4096))
  }
  return text
}

export function unpack(text: string): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(text.length)
  for (let at = 0; at < text.length; at += 1) bytes[at] = text.charCodeAt(at)
  return bytes
}
