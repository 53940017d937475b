import { readFile } from 'node:fs/promises'
import type { Ctx } from '../context.ts'
import { Failure } from '../core/errors.ts'
import type { Upload } from '../engine/node/run-input.ts'
import type { ChatFile } from './entity.ts'
import { findFiles, type ChatPlace } from './files.ts'

/** Models are shown no more, and a run holds it in memory. */
const mostBytes = 20 * 1024 * 1024

const storedType = /^stored-file(?=$|:)/

/**
 * The uploads of a question with their content: of a form's files, and of those that the
 * conversation keeps, which a question names by `stored-file` types.
 * @throws Failure PAYLOAD_TOO_LARGE for more than 20 MB, BAD_REQUEST for a file that is not kept
 */
export async function withContent(
  ctx: Ctx,
  place: ChatPlace,
  uploads: readonly Upload[],
): Promise<readonly Upload[]> {
  const named = uploads.filter(({ type = '' }) => storedType.test(type) && !type.endsWith(':rag'))
  const kept = await findFiles(
    ctx,
    place,
    named.map(({ name }) => name),
  )
  const sent = uploads.map(({ data }) => ctx.request.uploads?.find(data))
  const sizes = [...sent, ...kept.values()].map((file) => file?.size ?? 0)
  if (sizes.reduce((sum, size) => sum + size, 0) > mostBytes) {
    const sentence = `The files of a question must have at most ${mostBytes} bytes together.`
    throw new Failure('PAYLOAD_TOO_LARGE', sentence)
  }
  return Promise.all(
    uploads.map(async (upload, at) => {
      if (named.includes(upload)) return fromKept(upload, kept.get(upload.name))
      const file = sent[at]
      const type = upload.type?.replace(storedType, 'file') ?? 'file'
      if (file === undefined) return { ...upload, type }
      return { ...upload, type, data: dataUri(upload.mime, await readFile(file.path)) }
    }),
  )
}

function fromKept(upload: Upload, file: ChatFile | undefined): Upload {
  if (file === undefined) {
    const name = upload.name.slice(0, 100)
    throw new Failure('BAD_REQUEST', `The conversation keeps no file "${name}".`)
  }
  const { name, mime, text, content } = file
  if (text !== null && text !== undefined) return { type: 'file:full', name, mime, data: text }
  return { type: 'file', name, mime, data: dataUri(mime, content) }
}

function dataUri(mime: string, bytes: Uint8Array): string {
  return `data:${mime};base64,${Buffer.from(bytes).toString('base64')}`
}
