import { ask, expose } from './border.ts'

/** A constructor in the manner of `Intl.DateTimeFormat`. */
export function formatterOf(type: string): unknown {
  return function Formatter(locales: unknown, options: unknown): unknown {
    const call = (method: string, value?: unknown): unknown =>
      ask('intl', {
        type,
        locales,
        options,
        method,
        value: value === undefined && type === 'DateTimeFormat' ? Date.now() : Number(value),
      })
    const resolved = call('resolvedOptions')
    return {
      format: (value?: unknown) => call('format', value),
      formatToParts: (value?: unknown) => call('formatToParts', value),
      resolvedOptions: () => resolved,
    }
  }
}

/** Lets the thread write the dates or numbers of one prototype. */
export function writeByHost(prototype: object, type: string, methods: readonly string[]): void {
  for (const method of methods) {
    Object.defineProperty(prototype, method, {
      writable: true,
      configurable: true,
      value(this: unknown, locales?: unknown, options?: unknown): unknown {
        return ask('intl', { type, locales, options, method, value: Number(this) })
      },
    })
  }
}

/** QuickJS has no `Intl` and ignores time zones; without this it would write a wrong hour. */
export function installIntl(): void {
  expose({
    Intl: {
      DateTimeFormat: formatterOf('DateTimeFormat'),
      NumberFormat: formatterOf('NumberFormat'),
    },
  })
  const dates = ['toLocaleString', 'toLocaleDateString', 'toLocaleTimeString']
  writeByHost(Date.prototype, 'Date', dates)
  writeByHost(Number.prototype, 'Number', ['toLocaleString'])
}
