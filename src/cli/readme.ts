import { readFile, writeFile } from 'node:fs/promises'
import process from 'node:process'
import { variableNames } from '../platform/config-variables.ts'
import { accessOf, type Access } from '../rest/access.ts'
import { basePath, routes, type Route } from '../rest/routes.ts'
import { fieldOf } from '../rest/sofa.ts'
import { schema } from '../schema.ts'

// Writes the table of routes into the README, between its markers; with --check it only compares.
// Either way every variable of the configuration must have its row there.
const file = new URL('../../README.md', import.meta.url)
const text = await readFile(file, 'utf8')
const written = replaceBetween(text, 'routes', table(routes.map(rowOf)))
const unknown = variablesThatDiffer(text)

if (unknown.length > 0) {
  process.stderr.write(`README.md and the configuration differ in ${unknown.join(', ')}.\n`)
  process.exitCode = 1
}
if (written !== text && process.argv.includes('--check')) {
  process.stderr.write('The routes of README.md differ from the code: run npm run readme.\n')
  process.exitCode = 1
} else if (written !== text) {
  await writeFile(file, written)
  process.stdout.write('wrote README.md\n')
}

function rowOf(route: Route): readonly string[] {
  const access = accessOf(fieldOf(schema, route.field))
  const fields = [route.field, ...(route.paged ? [route.paged] : [])]
  return [
    `\`${route.method} ${basePath}${route.path}\``,
    fields.map((field) => `\`${field.split('.')[1] ?? ''}\``).join(', '),
    callerOf(access),
    permissionOf(access),
  ]
}

function callerOf(access: Access): string {
  if (access.kind === 'anyone') return 'anyone'
  if (access.kind === 'signedIn' || access.kind === 'person') return 'user JWT'
  if (access.kind === 'manage') return 'JWT'
  if (access.ifUploads) return 'API key, JWT; chat uploads'
  return access.anonymous ? 'API key, JWT; anyone if public' : 'API key, JWT'
}

function permissionOf(access: Access): string {
  if ('permission' in access) return `\`${access.permission}\``
  if ('anyOf' in access) return access.anyOf.map((name) => `\`${name}\``).join(' or ')
  return '–'
}

/** Columns as wide as their widest cell, as the formatter wants them. */
function table(rows: readonly (readonly string[])[]): string {
  const all = [['REST', 'GraphQL', 'Caller', 'Permission'], ...rows]
  const widths = [0, 1, 2, 3].map((at) => Math.max(...all.map((row) => row[at]?.length ?? 0)))
  const lines = all.map((row) => row.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join(' | '))
  lines.splice(1, 0, widths.map((width) => '-'.repeat(width)).join(' | '))
  return lines.map((line) => `| ${line} |`).join('\n')
}

/** @throws Error when the markers are not there. */
function replaceBetween(document: string, name: string, content: string): string {
  const [before, , after] = sections(document, name)
  return `${before}\n\n${content}\n\n${after}`
}

function sections(document: string, name: string): readonly [string, string, string] {
  const [start, end] = [`<!-- ${name} -->`, `<!-- end of ${name} -->`]
  const from = document.indexOf(start)
  const to = document.indexOf(end)
  if (from < 0 || to < from) throw new Error(`README.md lacks the markers ${start} and ${end}.`)
  const inside = from + start.length
  return [document.slice(0, inside), document.slice(inside, to), document.slice(to)]
}

function variablesThatDiffer(document: string): string[] {
  const rows = sections(document, 'variables')[1]
    .split('\n')
    .filter((line) => line.startsWith('| `'))
  const told = rows.flatMap((row) => [...(row.split(' | ')[0] ?? '').matchAll(/`([A-Z_]+)`/g)])
  const names = told.map((match) => match[1] ?? '')
  return [
    ...variableNames.filter((name) => !names.includes(name)),
    ...names.filter((name) => !variableNames.includes(name)),
  ]
}
