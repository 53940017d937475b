import { ask, expose } from './border.ts'

export function showValue(value: unknown): string {
  if (typeof value === 'string') return value
  if (value instanceof Error) return `${value.name}: ${value.message}`
  try {
    return JSON.stringify(value) ?? String(value)
  } catch {
    return String(value)
  }
}

/** `console`, whose lines go to the thread. */
export function installConsole(): void {
  const longest = 4096
  const log = (...values: unknown[]): void => {
    const texts = values.map((value) => showValue(value).slice(0, longest))
    ask('log', texts.join(' ').slice(0, longest))
  }
  const loud = ['log', 'info', 'warn', 'error', 'debug', 'trace', 'dir', 'table']
  const quiet = ['group', 'groupEnd', 'time', 'timeEnd', 'count', 'assert', 'clear']
  expose({
    console: Object.fromEntries([
      ...loud.map((name) => [name, log]),
      ...quiet.map((name) => [name, () => undefined]),
    ]),
  })
}
