import { Failure } from '../../core/errors.ts'
import type { Ports } from '../node/ports.ts'

/** One row of a condition node, with its references resolved. */
export interface Comparison {
  readonly type: string
  readonly operation: string
  readonly value1: unknown
  readonly value2: unknown
}

export interface CodeWorld {
  readonly ports: Pick<Ports, 'runCode'>
  readonly signal: AbortSignal
}

const textTests: Readonly<Record<string, (a: string, b: string) => boolean>> = {
  contains: (a, b) => a.includes(b),
  notContains: (a, b) => !a.includes(b),
  startsWith: (a, b) => a.startsWith(b),
  endsWith: (a, b) => a.endsWith(b),
  equal: (a, b) => a === b,
  notEqual: (a, b) => a !== b,
  isEmpty: (a) => a === '',
  notEmpty: (a) => a !== '',
}

const numberTests: Readonly<Record<string, (a: number, b: number) => boolean>> = {
  smaller: (a, b) => a < b,
  smallerEqual: (a, b) => a <= b,
  larger: (a, b) => a > b,
  largerEqual: (a, b) => a >= b,
  equal: (a, b) => a === b,
  notEqual: (a, b) => a !== b,
}

/**
 * Whether a comparison holds. Texts are compared without their Markdown; where numbers are asked
 * for, what is none counts as 0. A pattern of the author's runs in the sandbox, which ends it in time.
 * @throws Failure UNPROCESSABLE for an operation that does not exist, or a pattern that is none.
 */
export async function holds(row: Comparison, world: CodeWorld): Promise<boolean> {
  const { type, operation } = row
  const [a, b] = [plain(row.value1), plain(row.value2)]
  if (operation === 'isEmpty' || operation === 'notEmpty')
    return testOf(textTests, operation)(a, '')
  if (type === 'number') return testOf(numberTests, operation)(toNumber(a), toNumber(b))
  if (type === 'boolean') return testOf(textTests, operation)(truth(a), truth(b))
  if (operation === 'regex') return matches(a, b, world)
  if (operation in numberTests && !(operation in textTests)) {
    return testOf(numberTests, operation)(toNumber(a), toNumber(b))
  }
  return testOf(textTests, operation)(a, b)
}

/** What begins as a link is taken as far as it is one: no text is gone through twice. */
const maybeLink = /!?\[([^\]]*)(?:\](?:\([^)]*(\))?)?)?/g

/** Text without the marks of Markdown. */
export function withoutMarkdown(text: string): string {
  return text
    .replaceAll(maybeLink, (all: string, words: string, end?: string) =>
      end === undefined ? all : words,
    )
    .replaceAll(/^\s{0,3}(#{1,6}|>|[-*+]|\d+\.)\s+/gm, '')
    .replaceAll(/(\*\*|__|~~)(.+?)\1/g, '$2')
    .replaceAll(/(?<![\w*])\*([^*\n]+)\*(?![\w*])/g, '$1')
    .replaceAll(/(?<!\w)_([^_\n]+)_(?!\w)/g, '$1')
    .replaceAll(/```\w*\n?|`/g, '')
    .trim()
}

function testOf<F>(tests: Readonly<Record<string, F>>, operation: string): F {
  const test = Object.hasOwn(tests, operation) ? tests[operation] : undefined
  if (test !== undefined) return test
  throw new Failure('UNPROCESSABLE', `There is no comparison "${operation}" of such values.`)
}

async function matches(text: string, pattern: string, world: CodeWorld): Promise<boolean> {
  const { value } = await world.ports.runCode({
    code: 'return new RegExp($pattern).test($text)',
    variables: { $pattern: pattern, $text: text },
    signal: world.signal,
  })
  return value === true
}

function plain(value: unknown): string {
  if (value === undefined || value === null) return ''
  return withoutMarkdown(typeof value === 'string' ? value : JSON.stringify(value))
}

/** As the number it begins with: a state that nobody has set counts as 0, `3 of 5` as 3. */
function toNumber(text: string): number {
  return Number.parseFloat(text) || 0
}

function truth(text: string): string {
  return String(text.toLowerCase() === 'true' || text === '1')
}
