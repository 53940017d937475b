import type { SourceDocument } from '../node/events.ts'
import { caps, type DocumentFile, type LoadJob, type SpooledFile } from '../node/load-job.ts'
import { glimpseOf, textOf, wholeOf } from './content.ts'
import { detect, encodingOf, refusal } from './detect.ts'
import { csvRows } from './read-csv.ts'
import { readJsonLines } from './read-json.ts'
import { readFile } from './read.ts'

/** Documents of a file, and how many of its lines stand before them. */
export interface Piece {
  readonly documents: readonly SourceDocument[]
  readonly linesBefore: number
}

/** Smaller files are read as a whole: their chunks are then those that any splitter makes of them. */
const wholeBytes = 4 * 1024 * 1024
/** Characters of a text that are cut together; what goes over the border is not looked for. */
const blockLength = 262_144
const rowsAtOnce = 500

/**
 * A file's documents, piece by piece where it is large and of a kind that can be read so.
 * @throws Failure BAD_REQUEST, UNSUPPORTED_MEDIA_TYPE or UNPROCESSABLE naming the file.
 */
export async function* readPieces(
  file: DocumentFile | SpooledFile,
  { reading: asked, splitter }: LoadJob,
): AsyncGenerator<Piece> {
  const reading = { ...asked, withTags: splitter?.way === 'html' }
  const isLarge = 'stored' in file && file.stored.size > wholeBytes
  const inPieces = isLarge ? await streamed(file, { reading, splitter }) : null
  if (inPieces !== null) yield* inPieces
  else yield { documents: await readFile(await wholeOf(file), reading), linesBefore: 0 }
}

type Reading = LoadJob['reading']

/** Null for a kind that can only be read as a whole. */
async function streamed(
  file: SpooledFile,
  { reading, splitter }: Pick<LoadJob, 'reading'> & { readonly splitter: LoadJob['splitter'] },
): Promise<AsyncGenerator<Piece> | null> {
  const head = await glimpseOf(file)
  const { kind } = detect(head, reading.kind)
  const text = () => textOf(file, encodingOf(head))
  if (kind === 'text' && splitter !== undefined) return blocksOf(file, text())
  if (kind === 'jsonl') return linesOf(file, text(), reading)
  if (kind === 'csv') return rowsOf(file, text(), reading)
  if (file.stored.size <= caps.whole) return null
  const why = `exceeds ${caps.whole / 1024 ** 2} MiB, the most for a file of its kind`
  throw refusal(file, 'UNPROCESSABLE', why)
}

async function* blocksOf(file: SpooledFile, text: AsyncIterable<string>): AsyncGenerator<Piece> {
  let rest = ''
  let linesBefore = 0
  let isEmpty = true
  for await (const part of withEnd(text)) {
    rest += part ?? ''
    const isLast = part === null
    const least = isLast ? 1 : blockLength
    while (rest.length >= least) {
      const block = rest.slice(0, borderIn(rest, isLast))
      rest = rest.slice(block.length)
      if (block.trim() !== '') {
        isEmpty = false
        yield { documents: [{ pageContent: block, metadata: {} }], linesBefore }
      }
      linesBefore += block.split('\n').length - 1
    }
  }
  if (isEmpty) throw refusal(file, 'UNPROCESSABLE', 'holds no text')
}

/** The text's parts, then null. */
async function* withEnd(text: AsyncIterable<string>): AsyncGenerator<string | null> {
  yield* text
  yield null
}

/** Where the next block ends: after a paragraph, else a line, else a word, else a character. */
function borderIn(text: string, isLast: boolean): number {
  if (isLast && text.length <= blockLength) return text.length
  for (const mark of ['\n\n', '\n', ' ']) {
    const at = text.lastIndexOf(mark, blockLength - mark.length)
    if (at > blockLength / 2) return at + mark.length
  }
  const isPair = /[\uD800-\uDBFF]/.test(text.charAt(blockLength - 1))
  return isPair ? blockLength - 1 : blockLength
}

async function* linesOf(
  file: SpooledFile,
  text: AsyncIterable<string>,
  reading: Reading,
): AsyncGenerator<Piece> {
  let rest = ''
  let linesBefore = 0
  for await (const part of withEnd(text)) {
    const lines = (rest + (part ?? '')).split('\n')
    rest = part === null ? '' : (lines.pop() ?? '')
    if (rest.length > caps.characters) throw refusal(file, 'UNPROCESSABLE', 'is damaged')
    const documents = readable(file, () => readJsonLines(lines.join('\n'), reading))
    yield { documents: documents.map((document) => later(document, linesBefore)), linesBefore: 0 }
    linesBefore += lines.length
  }
}

async function* rowsOf(
  file: SpooledFile,
  text: AsyncIterable<string>,
  reading: Reading,
): AsyncGenerator<Piece> {
  let documents: SourceDocument[] = []
  try {
    for await (const document of csvRows(text, reading)) {
      documents.push(document)
      if (documents.length < rowsAtOnce) continue
      yield { documents, linesBefore: 0 }
      documents = []
    }
  } catch {
    throw refusal(file, 'UNPROCESSABLE', 'is damaged')
  }
  yield { documents, linesBefore: 0 }
}

function readable<T>(file: SpooledFile, read: () => T): T {
  try {
    return read()
  } catch {
    throw refusal(file, 'UNPROCESSABLE', 'is damaged')
  }
}

function later({ pageContent, metadata }: SourceDocument, lines: number): SourceDocument {
  return { pageContent, metadata: { ...metadata, line: Number(metadata['line']) + lines } }
}
