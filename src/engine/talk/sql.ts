import type { SqlRow, SqlRows, SqlTable } from '../node/ports.ts'

/** Characters that a model is shown of rows, and of one value. */
const mostText = 20_000
const mostCell = 500

/** What never closes is no thought, and is gone through once. */
const thought = /<think(?:ing)?>[\s\S]*?(?:(<\/think(?:ing)?>)|$)/g

/** The statement in a model's answer, without what some write around it. */
export function queryIn(answer: string): string {
  const said = answer.replaceAll(thought, (all: string, end?: string) => (end ? '' : all))
  const text = /```\w*\s([\s\S]*?)```/.exec(said)?.[1] ?? said
  const [query = ''] = (text.split(/SQLQuery:/i).at(-1) ?? '').split(/SQLResult:/i)
  return query.trim()
}

/** Tables with their columns, and sample rows as far as there is room. */
export function tablesText(tables: readonly SqlTable[]): string {
  let left = mostText
  return tables
    .map(({ name, columns, sample }) => {
      const head = columns.map((column) => `${quoted(column.name)} ${column.type}`).join(', ')
      const lines = fitting(sample, left)
      left -= sizeOf(lines)
      return [`${quoted(name)} (${head})`, ...lines].join('\n')
    })
    .join('\n\n')
}

/** The rows that a statement gave, and whether these are all of them. */
export function rowsText({ columns, rows, hasMore }: SqlRows): string {
  if (rows.length === 0) return 'There are no rows.'
  const lines = fitting(rows, mostText)
  const rest = hasMore || lines.length < rows.length ? ['There are more rows than these.'] : []
  return [JSON.stringify(columns), ...lines, ...rest].join('\n')
}

/** The first rows that are not too long together, a line of JSON each. */
function fitting(rows: readonly SqlRow[], room: number): string[] {
  const lines: string[] = []
  let left = room
  for (const row of rows) {
    const line = JSON.stringify(row.map((value) => value?.slice(0, mostCell) ?? null))
    left -= line.length
    if (left < 0) break
    lines.push(line)
  }
  return lines
}

function sizeOf(lines: readonly string[]): number {
  return lines.reduce((sum, { length }) => sum + length, 0)
}

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}
