import { Failure } from '../../core/errors.ts'

/** In characters. No model reads a text of so many. */
const longest = 4_194_304
/** In characters: of all inputs of a step, or of a chatflow; and of what a run keeps of its steps. */
export const roomFor = { inputs: 16_777_216, record: 67_108_864 } as const

/** Counts characters that are held from now on. @throws Failure UNPROCESSABLE when there are too many. */
export type Room = (characters: number) => void

/** A few kilobytes of a flow can make gigabytes of a question by naming it again and again. */
export function createRoom(most: number): Room {
  let left = most
  return (characters) => {
    left -= characters
    if (left < 0) throw tooMuch('The flow was stopped: its nodes hold', most)
  }
}

/** Joins the pieces of a text. @throws Failure UNPROCESSABLE as soon as it is too long. */
export function joined(pieces: Iterable<string>): string {
  const taken: string[] = []
  let length = 0
  for (const piece of pieces) {
    length += piece.length
    if (length > longest) throw tooMuch('The flow was stopped: a text in it would have', longest)
    taken.push(piece)
  }
  return taken.join('')
}

/** How long the texts in a value are together. */
export function charactersIn(value: unknown): number {
  if (typeof value === 'string') return value.length
  if (typeof value !== 'object' || value === null) return 0
  return Object.values(value).reduce<number>((sum, item) => sum + charactersIn(item), 0)
}

function tooMuch(what: string, limit: number): Failure {
  return new Failure('UNPROCESSABLE', `${what} more than ${limit / 2 ** 20} million characters.`)
}
