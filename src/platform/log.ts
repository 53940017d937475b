import { pino } from 'pino'
import type { Logger } from 'pino'
import type { LogLevel } from './config.ts'

export type Log = Logger

/** Where lines go; pino's own destinations fit. */
export interface LogDestination {
  write(line: string): unknown
  flush?(callback?: (error?: Error) => void): void
  flushSync?(): void
}

export interface LogOptions {
  readonly level: LogLevel
  /** Default: standard output, written in batches and without holding up the caller. */
  readonly destination?: LogDestination
}

/**
 * Bytes and milliseconds that lines wait for others at most. What waits at an exit is written; a kill
 * takes it along, so that what is more than information waits for nothing.
 */
const batches = { minLength: 4096, periodicFlush: 100 } as const

/**
 * Writes JSON lines, each scrubbed of secrets as a whole. Requests and responses have no
 * serialisers on purpose: what is logged of them is named field by field.
 */
export function createLog({ level, destination }: LogOptions): Log {
  const target = destination ?? pino.destination({ dest: 1, sync: false, ...batches })
  const options = {
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
  }
  return pino(options, scrubbed(target))
}

const MARK = '***'

/** How a key ends whose text value is nobody's business; what it begins with does not matter. */
const SECRET_KEY =
  '(?:pass(?:word|wd|phrase)|secret|token|api[_-]?key|private[_-]?key|authorization|cookie)'

/** Lengths are bounded, so that no line takes long. In order: what encloses a secret before what one looks like. */
const patterns: readonly (readonly [RegExp, string])[] = [
  // "password":"…", with what JSON escapes inside the text.
  [new RegExp(`(${SECRET_KEY}"\\s*:\\s*")(?:[^"\\\\]|\\\\.)*(")`, 'gis'), `$1${MARK}$2`],
  // The same inside a text that is itself JSON: \"password\":\"…\", as many levels deep as it is.
  [
    new RegExp(`(${SECRET_KEY}(\\\\+)"\\s*:\\s*\\2")(?:.{0,4096}?[^\\\\])?(\\2")`, 'gis'),
    `$1${MARK}$3`,
  ],
  // password=… in forms, query strings and connection strings.
  [new RegExp(`(${SECRET_KEY}=)[^\\s&"'\\\\;]+`, 'gi'), `$1${MARK}`],
  // postgres://user:password@host
  [/(:\/\/[^\s:/@"\\]{0,64}:)[^\s@"\\]{1,512}@/g, `$1${MARK}@`],
  [/\b(bearer|basic)(\s+|%20)[\w.~+/=-]{6,}/gi, `$1$2${MARK}`],
  [/eyJ[\w-]+(?:\.[\w-]*)*/g, MARK],
  [/(?:sk|rk)(?:_|%5f)[a-z0-9]{16,}/gi, MARK],
  [/(?<![a-z0-9])(?:sk|rk)(?:_|%5f)[a-z0-9]+/gi, MARK],
  [/(?<![a-z0-9])sk-[\w-]{8,}/gi, MARK],
  // Refresh and invite tokens of ours.
  [/(?:rt|inv)(?:_|%5f)[0-9a-f]{32}(?:(?:_|%5f)[0-9a-z]*)?/gi, MARK],
  // Keys of model and search providers that say what they are.
  [/(?:AIza[\w-]{30,}|xox[a-z]-[\w-]{10,}|gh[pousr]_\w{20,}|gsk_\w{20,})/g, MARK],
]

/** Puts a mark in the place of everything that looks like a secret; safe for JSON lines. */
export function scrub(text: string): string {
  return patterns.reduce((scrubbed, [pattern, mark]) => scrubbed.replace(pattern, mark), text)
}

const mayWait = /^\{"level":"(?:info|debug|trace)"/

function scrubbed(target: LogDestination): LogDestination {
  return {
    write(line) {
      target.write(scrub(line))
      if (!mayWait.test(line)) target.flush?.()
    },
    flush(callback) {
      if (target.flush !== undefined) target.flush(callback)
      else callback?.()
    },
    flushSync: () => target.flushSync?.(),
  }
}
