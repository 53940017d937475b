import type { Archive } from './archive.ts'
import { openMarkup } from './markup.ts'
import { partOf } from './office.ts'

export type CellValue = string | number | boolean

/** What cells refer to: texts that they share, and the styles in which numbers are dates. */
export interface Formats {
  readonly texts: readonly string[]
  readonly dateStyles: ReadonlySet<number>
  /** Milliseconds of the day that is counted as 0. */
  readonly dayZero: number
}

const msPerDay = 86_400_000

/** `date1904` as the workbook has it: the days of some are counted from there. */
export async function formatsOf(archive: Archive, date1904: string | undefined): Promise<Formats> {
  const shared = await partOf(archive, 'xl/sharedStrings.xml')
  // The pronunciation of a text stands in it as well.
  shared?.('rPh').remove()
  const texts =
    shared?.('si')
      .toArray()
      .map((item) => shared(item).find('t').text()) ?? []
  const isLate = date1904 === '1' || date1904 === 'true'
  const dayZero = isLate ? Date.UTC(1904, 0, 1) : Date.UTC(1899, 11, 30)
  return { texts, dayZero, dateStyles: await dateStylesOf(archive) }
}

/**
 * The cells of a row that hold something, by their column; the row's number counts from 1. What
 * stands behind the row in its sheet may follow it.
 */
export async function cellsOf(
  row: string,
  formats: Formats,
): Promise<{ readonly number: number; readonly cells: ReadonlyMap<number, CellValue> }> {
  const part = await openMarkup(row, { xml: true })
  const cells = new Map<number, CellValue>()
  let column = -1
  for (const cell of part('row > c').toArray()) {
    const { r: place, t: type = 'n', s: style = '0' } = cell.attribs
    column = place === undefined ? column + 1 : columnOf(place)
    const text = part(cell)
      .find(type === 'inlineStr' ? 'is t' : 'v')
      .text()
    const value = valueOf(text, { type, style: Number(style) }, formats)
    if (value !== undefined && value !== '') cells.set(column, value)
  }
  return { number: Number(part('row').attr('r') ?? 1), cells }
}

function valueOf(
  text: string,
  { type, style }: { readonly type: string; readonly style: number },
  { texts, dateStyles, dayZero }: Formats,
): CellValue | undefined {
  if (type === 's') return texts[Number(text)]
  if (type === 'b') return text === '1'
  // What could not be calculated.
  if (type === 'e' || text === '') return undefined
  if (type !== 'n') return text
  const number = Number(text)
  return dateStyles.has(style) ? dateOf(number, dayZero) : number
}

/** `2026-01-31`, with the time where there is one; `08:30:00` where there is no day. */
function dateOf(days: number, dayZero: number): string {
  const date = new Date(dayZero + Math.round(days * 86_400) * 1000)
  if (Number.isNaN(date.getTime())) return String(days)
  const iso = date.toISOString().slice(0, 19)
  if (days < 1) return iso.slice(11)
  return date.getTime() % msPerDay === 0 ? iso.slice(0, 10) : iso
}

/** `C7` is in column 2. */
function columnOf(place: string): number {
  const letters = /^[A-Z]+/.exec(place)?.[0] ?? ''
  return Array.from(letters).reduce((sum, letter) => sum * 26 + letter.charCodeAt(0) - 64, 0) - 1
}

/** The styles, by their number, that show a number as a date: ECMA-376 18.8.30. */
async function dateStylesOf(archive: Archive): Promise<ReadonlySet<number>> {
  const styles = await partOf(archive, 'xl/styles.xml')
  if (styles === undefined) return new Set()
  const own = new Map(
    styles('numFmts > numFmt')
      .toArray()
      .map(({ attribs }) => [Number(attribs['numFmtId']), attribs['formatCode'] ?? '']),
  )
  const isDate = (id: number): boolean => {
    const code = own.get(id)
    if (code === undefined) return (id >= 14 && id <= 22) || (id >= 45 && id <= 47)
    return /[dmyhs]/i.test(code.replaceAll(/"[^"]*"|\[[^\]]*\]|\\./g, '').replace(/^General$/i, ''))
  }
  const formats = styles('cellXfs > xf')
    .toArray()
    .map(({ attribs }, style) => ({ style, id: Number(attribs['numFmtId']) }))
  return new Set(formats.filter(({ id }) => isDate(id)).map(({ style }) => style))
}
