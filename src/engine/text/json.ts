import { Failure } from '../../core/errors.ts'
import { parseJson } from './paths.ts'

/**
 * The JSON in a model's answer: the whole text, what stands in a code fence, or the outermost
 * braces or brackets. @throws Failure UPSTREAM when there is none.
 */
export function readJsonAnswer(text: string, who: string): unknown {
  const found = findJson(text)
  if (found === undefined) {
    throw new Failure('UPSTREAM', `${who} did not answer with JSON of the form asked for.`)
  }
  return found
}

/** As `readJsonAnswer`, but undefined when there is none. */
export function findJson(text: string): unknown {
  const fenced = /```(?:json)?([\s\S]*?)```/i.exec(text)?.[1]
  const inside = [between(text, '{', '}'), between(text, '[', ']')]
  // What opens first is the outermost.
  const isList = text.indexOf('[') !== -1 && text.indexOf('[') < text.indexOf('{')
  const candidates = [text, fenced, ...(isList ? inside.toReversed() : inside)]
  for (const candidate of candidates) {
    const parsed = candidate === undefined ? undefined : parseJson(candidate.trim())
    if (typeof parsed === 'object' && parsed !== null) return parsed
  }
  return undefined
}

function between(text: string, open: string, close: string): string | undefined {
  const from = text.indexOf(open)
  const to = text.lastIndexOf(close)
  return from === -1 || to < from ? undefined : text.slice(from, to + 1)
}

/** Each piece that begins is taken to its end, be it that of the text: no text is gone through twice. */
const loosePieces =
  /"(?:[^"\\]|\\[\s\S])*"?|'(?:[^'\\]|\\[\s\S])*'?|\/\/[^\n]*|\/\*[\s\S]*?(?:\*\/|$)|(?<![\w$])[a-z_$][\w$]*(?=\s*:)|\\(?=[[\]{}"'])/gi
const spareCommas = /("(?:[^"\\]|\\[\s\S])*"?)|,(?=\s*[}\]])/g

/**
 * JSON as people write it: with comments, single quotes, names without quotes, a comma too many, and
 * with the backslashes that the canvas's editor puts before brackets. Undefined for what is none.
 */
export function parseLoose(text: string): unknown {
  const strict = parseJson(text)
  if (strict !== undefined || !/^\s*\\?[[{]/.test(text)) return strict
  const quoted = text.replaceAll(loosePieces, quotedPiece)
  const unescaped = text.replaceAll(/\\(["'[\]{}])/g, '$1')
  return parseJson(quoted.replaceAll(spareCommas, '$1')) ?? parseJson(unescaped)
}

/** Comments and backslashes go, names and what stood between single quotes get double ones. */
function quotedPiece(piece: string): string {
  if (piece.startsWith('"')) return piece
  if (piece.startsWith('/') || piece.startsWith('\\')) return ''
  if (!piece.startsWith("'")) return `"${piece}"`
  const text = piece.replace(/^'/, '').replace(/'$/, '')
  return `"${text.replaceAll("\\'", "'").replaceAll(/(?<!\\)"/g, '\\"')}"`
}
