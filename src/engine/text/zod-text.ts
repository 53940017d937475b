import { z } from 'zod'

/** What completes "at character …". */
export class ZodTextError extends Error {}

type Token = { readonly kind: 'word' | 'text' | 'number' | 'sign'; readonly value: string }

const token =
  /\s+|\/\/[^\n]*|\/\*[\s\S]*?\*\/|(?<word>[A-Za-z_$][\w$]*)|(?<number>-?\d+(?:\.\d+)?)|(?<text>"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`(?:[^`\\$]|\\.)*`)|(?<sign>[{}()[\],:.;])/gy

/** Brackets within brackets, and methods called one on the other: more would be an attack. */
const maxDepth = 100
const maxCalls = 100

const aSchema = z.instanceof(z.ZodType)
const aLiteral = z.union([z.string(), z.number(), z.boolean(), z.null()])

/** Makers, called as `z.name(…)`. */
const makers: Readonly<Record<string, (...args: unknown[]) => z.ZodType>> = {
  string: () => z.string(),
  number: () => z.number(),
  boolean: () => z.boolean(),
  date: () => z.string(),
  bigint: () => z.number().int(),
  any: () => z.any(),
  unknown: () => z.unknown(),
  null: () => z.null(),
  object: (shape) => z.object(z.record(z.string(), aSchema).parse(shape)),
  array: (item) => z.array(aSchema.parse(item)),
  enum: (words) => z.enum(z.array(z.string()).parse(words)),
  literal: (value) => z.literal(aLiteral.parse(value)),
  union: (choices) => z.union(z.array(aSchema).min(1).parse(choices)),
  tuple: (items) => z.tuple(z.tuple([aSchema]).rest(aSchema).parse(items)),
  record: (first, second) => z.record(z.string(), aSchema.parse(second ?? first)),
  optional: (inner) => z.optional(aSchema.parse(inner)),
  nullable: (inner) => z.nullable(aSchema.parse(inner)),
}

/** Methods of schemas that limit or describe a value; none takes a function. */
const methods = new Set(
  (
    'optional nullable nullish array describe default or and min max length nonempty int positive ' +
    'negative nonnegative nonpositive gt gte lt lte multipleOf finite email url uuid trim ' +
    'toLowerCase toUpperCase startsWith endsWith includes datetime strict passthrough strip ' +
    'partial readonly'
  ).split(' '),
)

/**
 * Reads a zod expression such as `z.object({ title: z.string() })` without running it: only the
 * calls listed above are known.
 * @throws ZodTextError saying where the text is something else.
 */
export function parseZod(source: string): z.ZodType {
  const reader = createReader(source)
  const schema = readValue(reader)
  reader.take(';')
  if (reader.peek() !== undefined) throw reader.wrong()
  if (!(schema instanceof z.ZodType)) throw new ZodTextError('it is no zod schema')
  // Some arguments that make no sense show here only.
  apply(() => z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }), 'it')
  return schema
}

interface Reader {
  depth: number
  peek(): Token | undefined
  next(): Token
  /** Reads the sign if it comes next. */
  take(sign: string): boolean
  need(sign: string): void
  wrong(): ZodTextError
}

function createReader(source: string): Reader {
  const tokens: Token[] = []
  let end = 0
  for (const match of source.matchAll(token)) {
    end = match.index + match[0].length
    const [kind, value] = Object.entries(match.groups ?? {}).find(([, found]) => found) ?? []
    if (kind !== undefined && value !== undefined)
      tokens.push({ kind: kind as Token['kind'], value })
  }
  if (end !== source.length) throw new ZodTextError(`character ${end + 1} cannot be read`)
  let at = 0
  const wrong = () => new ZodTextError(`"${tokens[at]?.value ?? 'the end'}" is not expected`)
  const reader: Reader = {
    depth: 0,
    peek: () => tokens[at],
    wrong,
    next: () => {
      const found = tokens[at]
      if (found === undefined) throw wrong()
      at += 1
      return found
    },
    take: (sign) => {
      const found = tokens[at]
      const isIt = found?.kind === 'sign' && found.value === sign
      if (isIt) at += 1
      return isIt
    },
    need: (sign) => {
      if (!reader.take(sign)) throw wrong()
    },
  }
  return reader
}

function readValue(reader: Reader): unknown {
  if (reader.depth === maxDepth) throw new ZodTextError('it has too many brackets within brackets')
  reader.depth += 1
  const value = readBare(reader)
  reader.depth -= 1
  return value
}

function readBare(reader: Reader): unknown {
  if (reader.take('{')) return readObject(reader)
  if (reader.take('[')) return readList(reader, ']')
  const { kind, value } = reader.next()
  if (kind === 'number') return Number(value)
  if (kind === 'text') return unquoted(value)
  const words: Readonly<Record<string, unknown>> = { true: true, false: false, null: null }
  if (Object.hasOwn(words, value)) return words[value]
  if (kind === 'word' && value === 'z') return readSchema(reader)
  throw new ZodTextError(`"${value}" is not known`)
}

function readSchema(reader: Reader): unknown {
  reader.need('.')
  let name = reader.next().value
  // `z.coerce.number()`: what the model answers is JSON, so that the type itself will do.
  if (name === 'coerce' && reader.take('.')) name = reader.next().value
  const maker = Object.hasOwn(makers, name) ? makers[name] : undefined
  if (maker === undefined) throw new ZodTextError(`z.${name} is not known`)
  reader.need('(')
  let schema: unknown = apply(() => maker(...readList(reader, ')')), `z.${name}`)
  for (let calls = 0; reader.take('.'); calls += 1) {
    if (calls === maxCalls) throw new ZodTextError(`z.${name} has too many methods called on it`)
    const method = reader.next().value
    if (!methods.has(method)) throw new ZodTextError(`.${method} is not known`)
    reader.need('(')
    schema = callMethod(schema, method, readList(reader, ')'))
  }
  return schema
}

function callMethod(schema: unknown, method: string, args: unknown[]): unknown {
  const code = (schema as Record<string, unknown>)[method]
  if (typeof code !== 'function') throw new ZodTextError(`.${method} does not fit there`)
  return apply(() => code.apply(schema, args) as unknown, `.${method}`)
}

/** Zod throws errors of its own for arguments that make no sense. */
function apply<T>(make: () => T, what: string): T {
  try {
    return make()
  } catch (error) {
    if (error instanceof ZodTextError) throw error
    throw new ZodTextError(`${what} is not called as it should be`)
  }
}

function readList(reader: Reader, close: string): unknown[] {
  const items: unknown[] = []
  while (!reader.take(close)) {
    items.push(readValue(reader))
    if (reader.take(',')) continue
    reader.need(close)
    break
  }
  return items
}

function readObject(reader: Reader): Record<string, unknown> {
  const entries: [string, unknown][] = []
  while (!reader.take('}')) {
    const key = reader.next()
    if (key.kind === 'sign') throw reader.wrong()
    reader.need(':')
    entries.push([key.kind === 'text' ? unquoted(key.value) : key.value, readValue(reader)])
    if (reader.take(',')) continue
    reader.need('}')
    break
  }
  return Object.fromEntries(entries)
}

function unquoted(text: string): string {
  const escapes: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r' }
  return text.slice(1, -1).replaceAll(/\\(.)/gs, (_all, char: string) => escapes[char] ?? char)
}
