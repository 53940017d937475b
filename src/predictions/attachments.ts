import { readFile } from 'node:fs/promises'
import { parse } from 'node:path'
import { z } from 'zod'
import { admittedFlow, refuseStranger } from '../chatflows/admission.ts'
import { loadEngine } from '../chatflows/engine.ts'
import type { ChatflowView } from '../chatflows/view.ts'
import type { Ctx } from '../context.ts'
import { Failure } from '../core/errors.ts'
import { storable } from '../core/json.ts'
import type { LoadDocuments } from '../engine/node/ports.ts'
import type { FileUpload } from '../engine/node/run-input.ts'
import { readFiles } from '../vectors/input.ts'
import { findFiles, keepFiles } from './files.ts'

/** A file of a conversation, with what was read of it. */
export interface Attachment {
  readonly name: string
  readonly mimeType: string
  readonly size: number
  readonly content: string
}

export interface AttachmentInput {
  readonly chatflowId: string
  readonly chatId: string
  readonly files?: readonly unknown[] | null | undefined
}

/** The most for one file, and for what is read of it. */
const most = { files: 20, bytes: 10 * 1024 * 1024, characters: 400_000 } as const

const fullFileUpload = z.object({ fullFileUpload: z.object({ status: z.literal(true) }) })

/**
 * Reads files for a conversation and keeps them with it; a question names them later. Strangers may
 * where the author of a public flow has switched it on. Throws BAD_REQUEST, PAYLOAD_TOO_LARGE, and
 * what reading throws, naming the file; then nothing is kept.
 */
export async function createAttachments(
  ctx: Ctx,
  { chatflowId, chatId, files: given }: AttachmentInput,
): Promise<Attachment[]> {
  const flow = await admittedFlow(ctx, chatflowId)
  const isOpen = fullFileUpload.safeParse(JSON.parse(flow.chatbotConfig ?? 'null')).success
  if (!isOpen) refuseStranger(ctx, chatflowId)
  const files = apart(readFiles(ctx, given))
  if (files.length === 0 || files.length > most.files) {
    throw new Failure('BAD_REQUEST', `Send one to ${most.files} files.`)
  }
  const read = []
  const load = ctx.deps.loading.of(flow.workspaceId)
  for (const file of files) read.push(await readOne(file, load, ctx.request.signal))
  await keepFiles(ctx, { flow, chatId }, read)
  return read.map(({ name, mime: mimeType, content, text }) => ({
    name,
    mimeType,
    size: content.length,
    content: text,
  }))
}

/** Files of one name, which browsers send when it is in two folders, each with a name of its own. */
function apart(files: readonly FileUpload[]): FileUpload[] {
  const taken = new Set(files.map(({ name }) => name))
  const seen = new Set<string>()
  return files.map((file) => {
    let { name } = file
    const { name: stem, ext } = parse(name)
    for (let number = 2; seen.has(name) || (name !== file.name && taken.has(name)); number += 1) {
      name = `${stem} (${number})${ext}`
    }
    seen.add(name)
    return { ...file, name }
  })
}

async function readOne(file: FileUpload, load: LoadDocuments, signal: AbortSignal) {
  const { fileOf, fileText } = await loadEngine()
  const known = fileOf(file)
  const size = 'stored' in known ? known.stored.size : known.bytes.length
  const name = file.name.slice(0, 100)
  if (size > most.bytes) {
    const sentence = `The file "${name}" must have at most ${most.bytes} bytes.`
    throw new Failure('PAYLOAD_TOO_LARGE', sentence)
  }
  const text = await fileText(file, load, signal)
  if (text.length > most.characters) {
    const sentence = `The file "${name}" holds more than ${most.characters} characters.`
    throw new Failure('UNPROCESSABLE', sentence)
  }
  const content = 'stored' in known ? await readFile(known.stored.path) : Buffer.from(known.bytes)
  return { name: file.name, mime: file.mime, content, text: String(storable(text)) }
}

/** A file as it is handed out. */
export interface UploadedFile {
  readonly name: string
  readonly mime: string
  readonly size: number
  /** Base64. */
  readonly data: string
}

/** A file of the caller's own conversation. Throws NOT_FOUND. */
export async function uploadedFile(
  ctx: Ctx,
  input: { chatflowId: string; chatId: string; fileName: string },
): Promise<UploadedFile> {
  const flow: ChatflowView = await admittedFlow(ctx, input.chatflowId)
  const place = { flow, chatId: input.chatId }
  const file = (await findFiles(ctx, place, [input.fileName])).get(input.fileName)
  if (!file) throw new Failure('NOT_FOUND', 'There is no such file in this conversation.')
  const { name, mime, size, content } = file
  return { name, mime, size, data: Buffer.from(content).toString('base64') }
}
