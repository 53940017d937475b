import type { SourceDocument } from '../node/events.ts'
import type { Reading } from '../node/load-job.ts'
import { isRecord } from '../text/paths.ts'

/** One document a text in it, or an object where the author wants that. */
export function readJson(text: string, reading: Reading): SourceDocument[] {
  const value = JSON.parse(text.replace(/^\uFEFF/, '')) as unknown
  const parts = reading.perObject && Array.isArray(value) ? (value as unknown[]) : [value]
  const texts = parts.flatMap((part) =>
    reading.perObject ? picked(part, reading.pointers).map(asLines) : textsOf(part, reading),
  )
  return texts.map((pageContent, index) => ({ pageContent, metadata: { line: index + 1 } }))
}

/** One document a line: what its pointers name, or every field. */
export function readJsonLines(text: string, { pointers }: Reading): SourceDocument[] {
  const lines = text.replace(/^\uFEFF/, '').split(/\r?\n/)
  return lines.flatMap((line, index) => {
    if (line.trim() === '') return []
    const parts = picked(JSON.parse(line) as unknown, pointers)
    const pageContent = parts.map(asLines).join('\n')
    return [{ pageContent, metadata: { line: index + 1 } }]
  })
}

function textsOf(value: unknown, { pointers }: Reading): string[] {
  return picked(value, pointers).flatMap(leaves)
}

/** What the pointers lead to, at any depth for a plain name; all of it without pointers. */
function picked(value: unknown, pointers: readonly string[]): unknown[] {
  if (pointers.length === 0) return [value]
  return pointers.flatMap((pointer) =>
    pointer.startsWith('/') ? follow(value, pointer.split('/').slice(1)) : named(value, pointer),
  )
}

/** RFC 6901; a list is gone through as well, since its objects are alike. */
function follow(value: unknown, path: readonly string[]): unknown[] {
  const [step, ...rest] = path
  if (step === undefined) return [value]
  if (Array.isArray(value) && !/^\d+$/.test(step)) {
    return value.flatMap((item) => follow(item, path))
  }
  const key = step.replaceAll('~1', '/').replaceAll('~0', '~')
  const inner = (value as Readonly<Record<string, unknown>> | null)?.[key]
  return inner === undefined ? [] : follow(inner, rest)
}

function named(value: unknown, name: string): unknown[] {
  if (Array.isArray(value)) return value.flatMap((item) => named(item, name))
  if (!isRecord(value)) return []
  return Object.entries(value).flatMap(([key, item]) => (key === name ? [item] : named(item, name)))
}

function leaves(value: unknown): string[] {
  if (typeof value === 'string') return [value]
  if (Array.isArray(value)) return value.flatMap(leaves)
  return isRecord(value) ? Object.values(value).flatMap(leaves) : []
}

function asLines(value: unknown): string {
  if (typeof value === 'string') return value
  if (!isRecord(value)) return JSON.stringify(value)
  return Object.entries(value)
    .map(([name, item]) => `${name}: ${typeof item === 'string' ? item : JSON.stringify(item)}`)
    .join('\n')
}
