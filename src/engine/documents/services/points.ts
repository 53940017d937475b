import { createHash } from 'node:crypto'
import type { Chunk } from '../../node/ports.ts'

/** What is ours among the metadata that a service keeps of a chunk: all digests. */
export interface OwnFields {
  /** Whose chunk it is: nobody else's clean-up touches it. */
  readonly owner: string
  readonly source: string
  /** Of the metadata, so that other metadata is noticed. */
  readonly version: string
}

/** A chunk as a service knows it, without what it says. */
export interface Label {
  readonly id: string
  readonly metadata: Readonly<Record<string, unknown>>
  readonly own: OwnFields
}

export interface Point extends Label {
  readonly content: string
  readonly vector: readonly number[]
}

/** The key under which a service keeps `OwnFields`. */
export const ownKey = 'flowgate'

/** What one request may carry. */
export const writeLimits = { count: 100, bytes: 1_900_000 }

/** Digests short enough for a hundred ids in an address, and long enough not to meet by chance. */
const lengths = { owner: 12, source: 12, text: 32 }

export function ownerOf(flowId: string): string {
  return digest(flowId).slice(0, lengths.owner)
}

/** What has no source has one of its own, which nothing replaces. */
export function sourceOf({ source }: Pick<Chunk, 'source'>): string {
  return digest(source ?? '').slice(0, lengths.source)
}

/** The same chunk has the same name in every upsert; what is of one source begins alike. */
export function nameOf(owner: string, chunk: Pick<Chunk, 'hash' | 'source'>): string {
  return `${prefixOf({ owner, source: sourceOf(chunk) })}${chunk.hash.slice(0, lengths.text)}`
}

/** How the names of an owner begin, or of one of his sources. */
export function prefixOf({ owner, source }: { owner: string; source?: string }): string {
  return source === undefined ? `${owner}_` : `${owner}_${source}_`
}

export function sourceIn(name: string): string {
  return name.split('_')[1] ?? ''
}

export function labelOf(id: string, owner: string, chunk: Chunk): Label {
  const { metadata } = chunk
  return { id, metadata, own: { owner, source: sourceOf(chunk), version: versionOf(metadata) } }
}

export function versionOf(metadata: Chunk['metadata']): string {
  return digest(JSON.stringify(metadata)).slice(0, 16)
}

/** A name as a UUID of version 8, which is for digests such as this (RFC 9562 section 5.8). */
export function uuidOf(name: string): string {
  const hex = digest(name)
  const parts = [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `8${hex.slice(13, 16)}`,
    `a${hex.slice(17, 20)}`,
  ]
  return [...parts, hex.slice(20, 32)].join('-')
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}
