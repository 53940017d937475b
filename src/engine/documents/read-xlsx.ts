import type { SourceDocument } from '../node/events.ts'
import type { DocumentFile } from '../node/load-job.ts'
import { openArchive, type Archive } from './archive.ts'
import { partOf, plainNames, relationsOf } from './office.ts'
import { cellsOf, formatsOf, type CellValue, type Formats } from './xlsx-cells.ts'

const workbook = 'xl/workbook.xml'

/** One document a row below the first of its sheet, which names the columns. */
export async function readXlsx(file: DocumentFile): Promise<SourceDocument[]> {
  const archive = openArchive(file)
  const part = await partOf(archive, workbook)
  const relations = await relationsOf(archive, workbook)
  const formats = await formatsOf(archive, part?.('workbookPr').attr('date1904'))
  const documents: SourceDocument[] = []
  for (const element of part?.('sheets > sheet').toArray() ?? []) {
    const { 'r:id': id = '', name: worksheet = '' } = element.attribs
    const rows = rowsOf(archive, relations.get(id)?.name ?? '')
    for (const document of await documentsOf(rows, worksheet, formats)) documents.push(document)
  }
  return documents
}

/** Row by row: as one tree, a large sheet would not fit the memory of a thread. */
function rowsOf(archive: Archive, sheet: string): string[] {
  const [, ...rows] = plainNames(archive.text(sheet) ?? '').split(/<row(?=[\s/>])/)
  return rows.map((row) => `<row${row}`)
}

async function documentsOf(
  rows: readonly string[],
  worksheet: string,
  formats: Formats,
): Promise<SourceDocument[]> {
  const documents: SourceDocument[] = []
  let names: ((column: number) => string) | undefined
  for (const row of rows) {
    const { number, cells } = await cellsOf(row, formats)
    if (cells.size === 0) continue
    if (names === undefined) {
      names = columnNames(cells)
      continue
    }
    const values = [...cells].map(([column, value]) => [names?.(column) ?? '', value] as const)
    const pageContent = values.map(([name, value]) => `- ${name}: ${value}\n`).join('')
    const metadata = { worksheet, rowNum: number - 1, ...Object.fromEntries(values) }
    documents.push({ pageContent, metadata })
  }
  return documents
}

/** What stands in the first row; columns of the same name, or of none, are counted. */
function columnNames(first: ReadonlyMap<number, CellValue>): (column: number) => string {
  const counts = new Map<string, number>()
  const names = new Map<number, string>()
  const nameOf = (column: number): string => {
    const known = names.get(column)
    if (known !== undefined) return known
    const drawn = String(first.get(column) ?? '__EMPTY')
    const count = counts.get(drawn) ?? 0
    counts.set(drawn, count + 1)
    const name = count === 0 ? drawn : `${drawn}_${count}`
    names.set(column, name)
    return name
  }
  for (const column of first.keys()) nameOf(column)
  return nameOf
}
