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
  const fenced = /```(?:json)?\s*([\s\S]*?)```/i.exec(text)?.[1]
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
