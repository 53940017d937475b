import { Failure } from '../../core/errors.ts'
import { nodeTitle } from '../flow/flow.ts'
import type { NodeContext } from '../node/context.ts'
import { caps, type DocumentFile, type SpooledFile } from '../node/load-job.ts'
import type { FileUpload } from '../node/run-input.ts'
import { parseJson } from '../text/paths.ts'
import { refusal } from './detect.ts'
import { fileInputs } from './loader.ts'

const stored = 'FILE-STORAGE::'

/**
 * The files of a loader: those uploaded for it, else what its inputs hold, a data URI or a JSON list
 * of them. @throws Failure UNPROCESSABLE when there is none, BAD_REQUEST for what is no data URI.
 */
export function filesOf(
  drawn: readonly unknown[],
  { node, input }: Pick<NodeContext, 'node' | 'input'>,
): (DocumentFile | SpooledFile)[] {
  const uploaded = (input.files ?? []).filter(({ loader }) => loader === node.id)
  if (uploaded.length > 0) return uploaded.map(fileOf)
  const uris = drawn.flatMap(listOf)
  if (uris.length === 0) {
    const sentence = `The node ${nodeTitle(node)} cannot run: it needs a file.`
    throw new Failure('UNPROCESSABLE', sentence)
  }
  return uris.map((uri, index) => {
    if (!uri.startsWith(stored)) return decodeFile(uri, { name: nameIn(uri, index), mime: '' })
    const sentence = `The node ${nodeTitle(node)} names a stored file that is not here: upload it.`
    throw new Failure('UNPROCESSABLE', sentence)
  })
}

/** Whether an input of a loader holds a file. */
export function isDrawn(value: unknown): boolean {
  return listOf(value).length > 0
}

/** Settings of a loader with names in place of the files that stand in them, and these files. */
export function takeFiles(config: Readonly<Record<string, unknown>>): {
  readonly config: Readonly<Record<string, unknown>>
  readonly files: readonly FileUpload[]
} {
  const taken = fileInputs.flatMap((input) => {
    const uris = listOf(config[input]).filter((text) => text.startsWith('data:'))
    const files = uris.map((data, index) => ({
      name: nameIn(data, index),
      mime: /^data:([^;,]*)/.exec(data)?.[1] ?? '',
      data,
    }))
    return files.length === 0 ? [] : [{ input, files }]
  })
  const names = taken.map(({ input, files }) => [
    input,
    `${stored}${JSON.stringify(files.map(({ name }) => name))}`,
  ])
  return {
    config: { ...config, ...Object.fromEntries(names) },
    files: taken.flatMap(({ files }) => files),
  }
}

function listOf(value: unknown): string[] {
  if (typeof value !== 'string') return Array.isArray(value) ? value.flatMap(listOf) : []
  const trimmed = value.trim()
  if (trimmed === '') return []
  const list = trimmed.startsWith('[') ? parseJson(trimmed) : undefined
  return Array.isArray(list) ? list.flatMap(listOf) : [trimmed]
}

/** Canvases write `data:text/plain;base64,…,filename:notes.txt`. */
function nameIn(uri: string, index: number): string {
  const [, name] = /,filename:([^,]+)$/.exec(uri) ?? []
  return name ?? `file ${index + 1}`
}

/** @throws Failure BAD_REQUEST for what is neither a file on disk, nor base64, nor a data URI. */
export function fileOf({ name, mime, data }: FileUpload): DocumentFile | SpooledFile {
  if (typeof data === 'string') return decodeFile(data, { name, mime })
  return { name, mime, origin: name, stored: data }
}

function decodeFile(data: string, { name, mime }: { name: string; mime: string }): DocumentFile {
  const uri = /^data:([^;,]*)((?:;[^;,]*)*),/.exec(data)
  const from = uri === null ? 0 : uri[0].length
  const to = data.lastIndexOf(',filename:')
  const body = data.slice(from, to > from ? to : undefined)
  if (body.length > caps.whole * 1.4) {
    throw refusal({ name }, 'UNPROCESSABLE', `exceeds ${caps.whole / 1024 ** 2} MiB`)
  }
  const isBase64 = uri === null || /;base64$/i.test(uri[2] ?? '')
  const bytes = isBase64 ? fromBase64(body, name) : fromPercent(body, name)
  return { name, mime: uri?.[1] || mime, bytes, origin: name }
}

function fromBase64(body: string, name: string): Uint8Array {
  const clean = /\s/.test(body) ? body.replaceAll(/\s/g, '') : body
  if (!/^[\w+/-]*={0,2}$/.test(clean)) throw refusal({ name }, 'BAD_REQUEST', 'is not base64')
  return Buffer.from(clean, 'base64')
}

function fromPercent(body: string, name: string): Uint8Array {
  try {
    return Buffer.from(decodeURIComponent(body))
  } catch {
    throw refusal({ name }, 'BAD_REQUEST', 'is no data URI')
  }
}
