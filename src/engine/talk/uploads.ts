import { Failure } from '../../core/errors.ts'
import type { NodeContext } from '../node/context.ts'
import type { ChatMessage, ChatModel, Image } from '../node/instances.ts'
import type { Upload } from '../node/run-input.ts'

/** What models can be shown. An SVG is a document that may do things, and is refused. */
const pictures = new Set(['image/png', 'image/jpeg', 'image/gif', 'image/webp'])
const texts = /^(?:text\/|application\/(?:json|xml|yaml|x-yaml|x-ndjson|javascript|sql)\b)/
const maxText = 400_000

/**
 * The files of a request: pictures for the models that take them, texts to stand before the
 * question. Of type `file:full` a file is the text that was read of it before, or a data URI; one of
 * type `file:rag` is in the vector store already, and nothing is done with it here.
 * @throws Failure BAD_REQUEST naming the file that is neither, or cannot be read.
 */
export async function readUploads(
  uploads: readonly Upload[],
  world: Pick<NodeContext, 'ports' | 'signal'>,
): Promise<{ readonly images: readonly Image[]; readonly fileText: string }> {
  const told = uploads.filter(({ type }) => type !== 'file:rag')
  const read = await Promise.all(told.map((upload) => readUpload(upload, world)))
  const documents = read.flatMap((item) => ('text' in item ? [item.text] : []))
  return {
    images: read.flatMap((item) => ('text' in item ? [] : [item])),
    fileText: documents.join('\n\n'),
  }
}

/** The messages with the pictures before the last thing the user says, if the model takes any. */
export function withImages<M extends ChatMessage>(
  messages: readonly M[],
  model: Pick<ChatModel, 'acceptsImages'>,
  images: readonly Image[],
): readonly M[] {
  const last = messages.findLastIndex(({ role }) => role === 'user')
  if (!model.acceptsImages || images.length === 0 || last === -1) return messages
  return messages.map((message, at) => (at === last ? { ...message, images } : message))
}

async function readUpload(
  upload: Upload,
  { ports, signal }: Pick<NodeContext, 'ports' | 'signal'>,
): Promise<Image | { readonly text: string }> {
  const isRead = upload.type === 'file:full' && !upload.data.startsWith('data:')
  if (isRead) return { text: named(upload, upload.data) }
  const { mime, bytes } = /^https?:\/\//i.test(upload.data)
    ? await download(upload, (url) => ports.fetchPublic(url, { signal }))
    : decode(upload)
  if (pictures.has(mime)) return { mime, data: bytes.toString('base64') }
  if (!texts.test(mime)) {
    throw refusal(upload, `has the type ${mime || 'unknown'}, which flows cannot read`)
  }
  const text = bytes.toString('utf8')
  if (text.includes('\0') || text.includes('\uFFFD')) throw refusal(upload, 'is no text in UTF-8')
  return { text: named(upload, text) }
}

function named(upload: Upload, text: string): string {
  if (text.length > maxText) throw refusal(upload, `is longer than ${maxText} characters`)
  return `<doc name='${upload.name.replaceAll(/['<>\n]/g, ' ')}'>${text}</doc>`
}

function decode(upload: Upload): { mime: string; bytes: Buffer } {
  const uri = /^data:([^;,]*)((?:;[^;,]*)*),([\s\S]*)$/.exec(upload.data)
  const mime = (uri?.[1] || upload.mime).toLowerCase()
  if (uri !== null && !/;base64$/i.test(uri[2] ?? '')) {
    return { mime, bytes: Buffer.from(percentDecoded(upload, uri[3] ?? '')) }
  }
  const base64 = (uri?.[3] ?? upload.data).replaceAll(/\s/g, '')
  if (!/^[\w+/-]*={0,2}$/.test(base64)) throw refusal(upload, 'is not base64')
  return { mime, bytes: Buffer.from(base64, 'base64') }
}

function percentDecoded(upload: Upload, text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw refusal(upload, 'is no data URI')
  }
}

async function download(
  upload: Upload,
  get: (url: string) => Promise<Response>,
): Promise<{ mime: string; bytes: Buffer }> {
  const response = await get(upload.data)
  if (!response.ok) throw refusal(upload, `could not be fetched (status ${response.status})`)
  const mime = response.headers.get('content-type')?.split(';')[0]?.trim().toLowerCase() ?? ''
  if (pictures.has(mime)) return { mime, bytes: Buffer.from(await response.arrayBuffer()) }
  await response.body?.cancel()
  throw refusal(upload, 'is an address of something else than a picture')
}

function refusal({ name }: Upload, why: string): Failure {
  return new Failure('BAD_REQUEST', `The upload "${name.slice(0, 100)}" ${why}.`)
}
