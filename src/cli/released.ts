import { copyFile, readFile } from 'node:fs/promises'
import process from 'node:process'
import { CriticalityLevel, diff } from '@graphql-inspector/core'
import { buildSchema } from 'graphql'

// Tells what changed since the released schema. A breaking change passes only when its coordinate,
// such as `Query.chatflows`, stands in schema/breaking-changes.md with a word on what clients do.
// With --accept, what stands in schema/schema.graphql becomes the released schema.
const folder = new URL('../../schema/', import.meta.url)
const current = new URL('schema.graphql', folder)
const released = new URL('released.graphql', folder)

if (process.argv.includes('--accept')) {
  await copyFile(current, released)
  process.stdout.write('schema/released.graphql is schema/schema.graphql now.\n')
} else {
  process.exitCode = (await report()) ? 0 : 1
}

/** Prints the changes, and says whether clients are told of every breaking one. */
async function report(): Promise<boolean> {
  const old = await read(released)
  if (!old) {
    process.stdout.write('Nothing has been released yet.\n')
    return true
  }
  const changes = await diff(buildSchema(old), buildSchema((await read(current)) ?? ''))
  const breaking = changes.filter(
    ({ criticality }) => criticality.level === CriticalityLevel.Breaking,
  )
  const notes = (await read(new URL('breaking-changes.md', folder))) ?? ''
  const untold = breaking.filter(({ path }) => !path || !notes.includes(`\`${path}\``))
  process.stdout.write(
    `${changes.length} changes since the release, ${breaking.length} of them breaking.\n`,
  )
  for (const { message } of breaking) process.stdout.write(`breaking: ${message}\n`)
  for (const { path, message } of untold) {
    process.stdout.write(`\`${path ?? message}\` lacks a note in schema/breaking-changes.md.\n`)
  }
  return untold.length === 0
}

async function read(url: URL): Promise<string | null> {
  return readFile(url, 'utf8').catch(() => null)
}
