import type { SourceDocument } from '../node/events.ts'
import type { Reading } from '../node/load-job.ts'

/** One document a row: the named column, or every column as `name: value`. */
export async function readCsv(text: string, { column }: Reading): Promise<SourceDocument[]> {
  const { parse } = await import('csv-parse/sync')
  const rows = parse(text, {
    bom: true,
    columns: true,
    skip_empty_lines: true,
    relax_column_count: true,
    trim: true,
    delimiter: delimiterOf(text),
  }) as Record<string, string>[]
  return rows.map((row, index) => ({
    pageContent: column === '' ? linesOf(row) : (row[column] ?? ''),
    metadata: { line: index + 1 },
  }))
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
