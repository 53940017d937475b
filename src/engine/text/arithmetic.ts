/** Why an expression has no value; completes "the expression …". */
export class ArithmeticError extends Error {}

const functions: Readonly<Record<string, (...values: number[]) => number>> = {
  abs: Math.abs,
  acos: Math.acos,
  asin: Math.asin,
  atan: Math.atan,
  cbrt: Math.cbrt,
  ceil: Math.ceil,
  cos: Math.cos,
  exp: Math.exp,
  floor: Math.floor,
  ln: Math.log,
  log: Math.log,
  log10: Math.log10,
  log2: Math.log2,
  max: Math.max,
  min: Math.min,
  mod: (a = 0, b = 0) => a % b,
  pow: (a = 0, b = 0) => a ** b,
  round: (value = 0, digits = 0) => Math.round(value * 10 ** digits) / 10 ** digits,
  sign: Math.sign,
  sin: Math.sin,
  sqrt: Math.sqrt,
  tan: Math.tan,
}
const constants: Readonly<Record<string, number>> = { pi: Math.PI, e: Math.E, tau: 2 * Math.PI }
const token = /\s+|(\d+\.?\d*(?:e[+-]?\d+)?|\.\d+(?:e[+-]?\d+)?|[a-z_]\w*|\*\*|[-+*/%^(),!])/giy
const operators = new Set([')', ',', '+', '-', '*', '/', '%', '^', '**'])
/** Brackets within brackets; deeper ones would be an attack on the stack. */
const maxDepth = 100
const maxLength = 10_000

/** Where the reading of an expression stands. */
interface Reader {
  readonly tokens: readonly string[]
  at: number
  depth: number
}

/**
 * The value of an expression such as `2 * (3 + sqrt(16)) ^ 2`: numbers, `+ - * / % ^ !`, brackets,
 * the functions and constants above. `50%` before an operator or the end is a half.
 * @throws ArithmeticError saying what is wrong.
 */
export function calculate(expression: string): number {
  if (expression.length > maxLength) throw new ArithmeticError('is too long')
  const tokens = tokensOf(expression.replaceAll('×', '*').replaceAll('÷', '/'))
  const reader = { tokens, at: 0, depth: 0 }
  const value = sum(reader)
  const left = tokens[reader.at]
  if (left !== undefined) throw new ArithmeticError(`has "${left}" where nothing may stand`)
  return value
}

function sum(reader: Reader): number {
  let value = product(reader)
  for (let sign = take(reader, '+', '-'); sign !== undefined; sign = take(reader, '+', '-')) {
    value = sign === '+' ? value + product(reader) : value - product(reader)
  }
  return value
}

function product(reader: Reader): number {
  let value = signed(reader)
  for (
    let sign = take(reader, '*', '/', '%');
    sign !== undefined;
    sign = take(reader, '*', '/', '%')
  ) {
    const next = reader.tokens[reader.at]
    if (sign === '%' && (next === undefined || operators.has(next))) value /= 100
    else if (sign === '*') value *= signed(reader)
    else value = sign === '/' ? value / signed(reader) : value % signed(reader)
  }
  return value
}

function signed(reader: Reader): number {
  const sign = take(reader, '+', '-')
  if (sign === undefined) return power(reader)
  return sign === '-' ? -nested(reader, signed) : nested(reader, signed)
}

function power(reader: Reader): number {
  let value = operand(reader)
  while (take(reader, '!') !== undefined) value = factorial(value)
  const isPower = take(reader, '^', '**')
  return isPower === undefined ? value : value ** nested(reader, signed)
}

function operand(reader: Reader): number {
  const found = reader.tokens[reader.at]
  if (found === undefined) throw new ArithmeticError('ends too early')
  reader.at += 1
  if (/^[\d.]/.test(found)) return Number(found)
  if (found !== '(') return named(reader, found.toLowerCase())
  const value = nested(reader, sum)
  need(reader, ')')
  return value
}

function named(reader: Reader, name: string): number {
  if (Object.hasOwn(constants, name)) return constants[name] ?? Number.NaN
  const code = Object.hasOwn(functions, name) ? functions[name] : undefined
  if (code === undefined) throw new ArithmeticError(`has "${name}", which is not known`)
  need(reader, '(')
  const values = [nested(reader, sum)]
  while (take(reader, ',') !== undefined) values.push(nested(reader, sum))
  need(reader, ')')
  return code(...values)
}

function nested(reader: Reader, read: (reader: Reader) => number): number {
  if (reader.depth >= maxDepth) throw new ArithmeticError('has too many brackets')
  reader.depth += 1
  const value = read(reader)
  reader.depth -= 1
  return value
}

/** Reads the next sign if it is one of these. */
function take(reader: Reader, ...signs: string[]): string | undefined {
  const found = reader.tokens[reader.at]
  if (found === undefined || !signs.includes(found)) return undefined
  reader.at += 1
  return found
}

function need(reader: Reader, sign: string): void {
  if (take(reader, sign) === undefined) throw new ArithmeticError(`lacks a "${sign}"`)
}

function tokensOf(expression: string): string[] {
  const found = [...expression.matchAll(token)]
  const length = found.reduce((sum, [all]) => sum + all.length, 0)
  if (length < expression.length) {
    throw new ArithmeticError(`has a character that is not known: ${expression.charAt(length)}`)
  }
  return found.flatMap(([, word]) => word ?? [])
}

function factorial(value: number): number {
  if (!Number.isInteger(value) || value < 0 || value > 170) {
    throw new ArithmeticError('has a factorial that is no whole number up to 170')
  }
  let product = 1
  for (let factor = 2; factor <= value; factor += 1) product *= factor
  return product
}
