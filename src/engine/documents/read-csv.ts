import { pipeline, Readable } from 'node:stream'
import type { SourceDocument } from '../node/events.ts'
import type { Reading } from '../node/load-job.ts'

type Row = Readonly<Record<string, string>>

/** One document a row: the named column, or every column as `name: value`. */
export async function readCsv(text: string, reading: Reading): Promise<SourceDocument[]> {
  const { parse } = await import('csv-parse/sync')
  const rows = parse<Row>(text, optionsFor(text))
  return rows.map((row, index) => documentOf(row, index, reading))
}

/** The same of a text that comes in parts. */
export async function* csvRows(
  parts: AsyncIterable<string>,
  reading: Reading,
): AsyncGenerator<SourceDocument> {
  const { parse } = await import('csv-parse')
  const iterator = parts[Symbol.asyncIterator]()
  const first = await iterator.next()
  const head = first.done ? '' : first.value
  const rows = parse(optionsFor(head))
  // What goes wrong shows while the rows are read.
  pipeline(Readable.from(restored(head, iterator)), rows, () => undefined)
  let index = 0
  for await (const row of rows) {
    yield documentOf(row as Row, index, reading)
    index += 1
  }
}

async function* restored(head: string, rest: AsyncIterator<string>): AsyncGenerator<string> {
  yield head
  for (let next = await rest.next(); !next.done; next = await rest.next()) yield next.value
}

function optionsFor(text: string) {
  return {
    bom: true,
    columns: true as const,
    skip_empty_lines: true,
    relax_column_count: true,
    trim: true,
    delimiter: delimiterOf(text),
  }
}

function documentOf(row: Row, index: number, { column }: Reading): SourceDocument {
  return {
    pageContent: column === '' ? linesOf(row) : (row[column] ?? ''),
    metadata: { line: index + 1 },
  }
}

function linesOf(row: Readonly<Record<string, string>>): string {
  return Object.entries(row)
    .map(([name, value]) => `${name}: ${value}`)
    .join('\n')
}

/** Office programs of many countries write semicolons. */
function delimiterOf(text: string): string {
  const [head = ''] = text.split(/\r?\n/, 1)
  const count = (mark: string): number => head.split(mark).length
  const marks = [',', ';', '\t']
  return marks.reduce((best, mark) => (count(mark) > count(best) ? mark : best))
}
