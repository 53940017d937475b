import { parseLoose } from '../text/json.ts'
import { lackOf } from '../text/modules.ts'
import { isRecord } from '../text/paths.ts'
import { isInstance, type InstanceByKind, type InstanceKind } from './instances.ts'

/** One input of a node kind: how its raw value becomes the typed one that the code sees. */
export interface Input<T> {
  readonly type: 'text' | 'number' | 'bool' | 'options' | 'json' | 'code' | 'array' | 'anchor'
  readonly optional: boolean
  /** References such as `{{question}}` in it are resolved. */
  readonly acceptVariable: boolean
  readonly endpoint: boolean
  readonly secret: boolean
  readonly anchor?: InstanceKind
  readonly default?: unknown
  readonly choices?: readonly string[]
  /** Answers undefined for a value that is not set; throws `Misfit` for one that does not fit. */
  readonly read: (value: unknown) => T
}

export type Inputs = Readonly<Record<string, Input<unknown>>>

export type InputsOf<S extends Inputs> = {
  readonly [K in keyof S]: S[K] extends Input<infer T> ? T : never
}

/** A value that does not fit its input; the message completes "its input x …". */
export class Misfit extends Error {}

interface Options<D> {
  readonly default?: D
  readonly acceptVariable?: boolean
  readonly endpoint?: boolean
  readonly secret?: boolean
}

/** Text; empty counts as unset, and gives the default or `''`. */
export function text(options: Options<string> = {}): Input<string> {
  return input('text', options, (value) => asText(unset(value) ? options.default : value))
}

/** Code that would run on the server; never set from outside. */
export function code(): Input<string> {
  return input('code', {}, (value) => {
    const written = asText(value)
    const lack = lackOf(written)
    if (lack !== undefined) throw new Misfit(lack)
    return written
  })
}

/** A number, also as text; empty counts as unset. */
export function number(): Input<number | undefined>
export function number(options: Options<number> & { readonly default: number }): Input<number>
export function number(options: Options<number> = {}): Input<number | undefined> {
  return input('number', options, (value) => {
    if (unset(value)) return options.default
    const parsed = typeof value === 'number' ? value : Number(asText(value))
    if (!Number.isFinite(parsed)) throw new Misfit('must be a number')
    return parsed
  })
}

/** A switch; `"true"` and `"false"` are read, empty counts as unset. */
export function bool(options: Options<boolean> & { readonly default: boolean }): Input<boolean> {
  return input('bool', options, (value) => {
    if (unset(value)) return options.default
    return value === true || value === 'true'
  })
}

/** One of the given words. */
export function options<const W extends string>(
  choices: readonly W[],
  settings: { readonly default: W },
): Input<W> {
  const read = (value: unknown): W => {
    if (unset(value)) return settings.default
    const choice = choices.find((word) => word === value)
    if (choice === undefined) throw new Misfit(`must be one of ${choices.join(', ')}`)
    return choice
  }
  return { ...input('options', settings, read), choices }
}

/** A JSON object, as such or as text; empty counts as `{}`. */
export function json(opts: Options<never> = {}): Input<Readonly<Record<string, unknown>>> {
  return input('json', opts, (value) => {
    if (unset(value)) return {}
    const parsed = typeof value === 'string' ? parseLoose(value) : value
    if (!isRecord(parsed)) throw new Misfit('must be a JSON object')
    return parsed
  })
}

/** A list of rows, as such or as JSON text; empty counts as no rows. */
export function array(
  opts: Options<never> = {},
): Input<readonly Readonly<Record<string, unknown>>[]> {
  return input('array', opts, (value) => {
    if (unset(value)) return []
    const parsed = typeof value === 'string' ? parseLoose(value) : value
    if (!Array.isArray(parsed)) throw new Misfit('must be a list')
    return parsed.filter(isRecord)
  })
}

/** Whatever it is; for inputs that hold a text or a list, say. */
export function anything(opts: Options<never> = {}): Input<unknown> {
  return input('json', opts, (value) => value)
}

/** What another node built. */
export function anchor<K extends InstanceKind>(kind: K): Input<InstanceByKind[K]> {
  const read = (value: unknown): InstanceByKind[K] => {
    if (unset(value)) throw new Misfit(`needs ${kindWords[kind]} connected to it`)
    if (isInstance(value, kind)) return value
    // What leads nowhere stays as written.
    if (typeof value === 'string' && /^\{\{[^{}]{1,100}\}\}$/.test(value)) {
      throw new Misfit(`refers to ${value}, and there is no such node in the flow`)
    }
    throw new Misfit(`takes ${kindWords[kind]} and nothing else`)
  }
  return { ...input('anchor', {}, read), optional: false, anchor: kind }
}

export function optionalAnchor<K extends InstanceKind>(
  kind: K,
): Input<InstanceByKind[K] | undefined> {
  const needed = anchor(kind)
  const read = (value: unknown) => (unset(value) ? undefined : needed.read(value))
  return { ...needed, optional: true, read }
}

/** What several other nodes built; a node that built a list of them adds them all. */
export function anchors<K extends InstanceKind>(kind: K): Input<readonly InstanceByKind[K][]> {
  const one = anchor(kind)
  const read = (value: unknown) =>
    [value]
      .flat(2)
      .filter((item) => !unset(item))
      .map((item) => one.read(item))
  return { ...one, optional: true, read }
}

const kindWords: Readonly<Record<InstanceKind, string>> = {
  chatModel: 'a chat model',
  prompt: 'a prompt',
  memory: 'a memory',
  tool: 'a tool',
  embedder: 'an embeddings node',
  retriever: 'a retriever',
  vectorStore: 'a vector store',
  moderation: 'a moderation',
  outputParser: 'an output parser',
  chain: 'a chain',
  branch: 'a decision',
  documents: 'a document loader',
  splitter: 'a text splitter',
  synthesizer: 'a response synthesizer',
  promptChoice: 'a prompt retriever',
  retrieverChoice: 'a named vector store retriever',
  recordManager: 'a record manager',
  cache: 'a cache',
}

function input<T>(
  type: Input<T>['type'],
  settings: Options<unknown>,
  read: Input<T>['read'],
): Input<T> {
  return {
    type,
    optional: true,
    acceptVariable: settings.acceptVariable ?? false,
    endpoint: settings.endpoint ?? false,
    secret: settings.secret ?? false,
    ...(settings.default === undefined ? {} : { default: settings.default }),
    read,
  }
}

function unset(value: unknown): boolean {
  return value === undefined || value === null || value === ''
}

function asText(value: unknown): string {
  if (typeof value === 'string') return value
  return value === undefined || value === null ? '' : JSON.stringify(value)
}
