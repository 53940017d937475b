import { Buffer } from 'node:buffer'
import { parse } from 'secure-json-parse'
import type { ErrorText } from './guest/border.ts'
import type { Ending } from './messages.ts'

/** As deep as a request may nest; whoever walks the value later may do so by recursion. */
const deepest = 64

/** The ending for what the user's function returned, given as JSON, `null` standing for nothing. */
export function valueEnding(json: string | null, most: number): Ending {
  if (json === null) return { kind: 'value', value: undefined, logs: [] }
  if (json.length > most || Buffer.byteLength(json) > most) {
    return { kind: 'thrown', message: `The result is larger than ${most} bytes of JSON.` }
  }
  const options = { protoAction: 'remove', constructorAction: 'remove' } as const
  const value: unknown = parse(json, options)
  if (!isShallow(value, deepest)) {
    return { kind: 'thrown', message: `The result nests more than ${deepest} levels deep.` }
  }
  return { kind: 'value', value: storable(value), logs: [] }
}

function isShallow(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return true
  return levels > 0 && Object.values(value).every((item) => isShallow(item, levels - 1))
}

/** Texts a database refuses (NUL, half of a surrogate pair) are easily made by cutting texts. */
function storable(value: unknown): unknown {
  if (typeof value === 'string') return value.toWellFormed().replaceAll('\0', '\uFFFD')
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map(storable)
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [storable(name), storable(item)]),
  )
}

const maxMessage = 2000
const unshown = 'The code failed without saying why.'

/** One sentence for an error of the user's code: its name, its message and the line. */
export function thrownEnding(error: ErrorText): Ending {
  const { name, message } = error
  if (name === 'InternalError' && message === 'out of memory') return { kind: 'memory' }
  const head = [name, message].filter((part) => part !== '' && part !== 'undefined').join(': ')
  const line = /\bcode\.js:(\d+)/.exec(error.stack)?.[1]
  const place = line === undefined ? '' : ` (line ${line})`
  return { kind: 'thrown', message: `${head.slice(0, maxMessage) || unshown}${place}` }
}
