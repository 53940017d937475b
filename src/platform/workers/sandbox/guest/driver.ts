import { ask, type ErrorText, textOf } from './border.ts'

/** What the thread calls, from outside, to move a run on. */
export interface Driver {
  /** Makes the keys of a JSON object global; `names` also has those whose value is undefined. */
  define(names: string, json: string): void
  start(main: () => Promise<unknown>): Promise<void>
  /** Calls one timer that is due. Returns milliseconds until the next, or -1 when none is set. */
  tick(): number
  /** Ends a request: its response as JSON, or an error's message instead. */
  settle(id: number, json: string, message: string): void
}

export function define(names: string, json: string): void {
  const values = JSON.parse(json)
  for (const name of JSON.parse(names)) {
    const value = values[name]
    const property = { value, writable: true, configurable: true, enumerable: true }
    Object.defineProperty(globalThis, name, property)
  }
}

/** Follows the user's function to its value or its error. */
export async function start(main: () => Promise<unknown>): Promise<void> {
  try {
    const value = await main()
    ask('end', JSON.stringify(value))
  } catch (error) {
    fail(error)
  }
}

/** Ends the run by an error. */
export function fail(error: unknown): void {
  let told: ErrorText
  try {
    told = describe(error)
  } catch {
    told = { name: '', message: 'The code threw something that cannot be shown.', stack: '' }
  }
  ask('fail', told)
}

export function describe(error: unknown): ErrorText {
  if (typeof error !== 'object' || error === null) {
    return { name: '', message: String(error), stack: '' }
  }
  const { name, message, stack } = error as Readonly<Record<keyof Error, unknown>>
  if (message === undefined) return { name: '', message: JSON.stringify(error), stack: '' }
  return { name: String(name), message: textOf(message), stack: String(stack) }
}
