import { Failure, type FailureCode } from '../../core/errors.ts'
import type { DocumentFile, FileKind } from '../node/load-job.ts'
import { zipDirectory } from './zip.ts'

/** Kinds that are no text. */
type BinaryKind = 'pdf' | ArchiveKind
type ArchiveKind = 'docx' | 'xlsx' | 'pptx' | 'epub'
type TextKind = Exclude<FileKind, BinaryKind>

/** A file as its content shows it. */
export type Detected =
  | { readonly kind: BinaryKind }
  | { readonly kind: TextKind; readonly text: string }

const kindByEnding: Readonly<Record<string, TextKind>> = {
  csv: 'csv',
  json: 'json',
  jsonl: 'jsonl',
  ndjson: 'jsonl',
  htm: 'html',
  html: 'html',
  xhtml: 'html',
}

/**
 * What a file is by its content. Names and media types only tell texts apart, which look alike.
 * @throws Failure BAD_REQUEST for an empty file, UNSUPPORTED_MEDIA_TYPE for what cannot be read,
 *   UNPROCESSABLE for an encrypted one; each names the file.
 */
export function detect(file: DocumentFile, wanted: FileKind | undefined): Detected {
  const { bytes } = file
  if (bytes.length === 0) throw refusal(file, 'BAD_REQUEST', 'is empty')
  const head = Buffer.from(bytes.subarray(0, 1024)).toString('latin1')
  if (head.includes('%PDF-')) return { kind: 'pdf' }
  if (head.startsWith('PK\u0003\u0004')) return { kind: archiveKind(file) }
  if (head.startsWith('\u00d0\u00cf\u0011\u00e0')) {
    const why = 'is encrypted, or of an old Office format, which cannot be read'
    throw refusal(file, 'UNPROCESSABLE', why)
  }
  const text = new TextDecoder(encodingOf(file)).decode(bytes)
  if (text.trim() === '') throw refusal(file, 'BAD_REQUEST', 'is empty')
  return { kind: textKind(file, text, wanted), text }
}

/** The Failure that a file is the reason of. */
export function refusal(file: Pick<DocumentFile, 'name'>, code: FailureCode, why: string): Failure {
  const name = file.name.replaceAll(/[\p{Cc}"]/gu, ' ').slice(0, 100)
  return new Failure(code, `The file "${name}" ${why}.`)
}

/** The part that an archive of each kind cannot do without. */
const archiveParts: readonly (readonly [part: string, kind: ArchiveKind])[] = [
  ['word/document.xml', 'docx'],
  ['xl/workbook.xml', 'xlsx'],
  ['ppt/presentation.xml', 'pptx'],
  ['META-INF/container.xml', 'epub'],
]

function archiveKind(file: DocumentFile): ArchiveKind {
  const { buffer, byteOffset, byteLength } = file.bytes
  const names = zipDirectory(Buffer.from(buffer, byteOffset, byteLength))
  const found = archiveParts.find(([part]) => names.includes(part))
  if (found !== undefined) return found[1]
  const why = 'is a ZIP archive, and no Word, Excel or PowerPoint document and no EPUB book'
  throw refusal(file, 'UNSUPPORTED_MEDIA_TYPE', why)
}

/**
 * How the text of a file is written: by its mark, else UTF-8 if it is that, else as Windows wrote it.
 * The bytes may end within a character. @throws Failure UNSUPPORTED_MEDIA_TYPE for what is no text.
 */
export function encodingOf(file: DocumentFile): string {
  const { bytes } = file
  const mark = Buffer.from(bytes.subarray(0, 2)).toString('hex')
  if (mark === 'fffe') return 'utf-16le'
  if (mark === 'feff') return 'utf-16be'
  // Texts hold none of these; every other format does somewhere.
  if (bytes.some((byte) => byte < 9 || (byte > 13 && byte < 27))) {
    throw refusal(file, 'UNSUPPORTED_MEDIA_TYPE', 'is of no type that can be read')
  }
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes, { stream: true })
    return 'utf-8'
  } catch {
    return 'windows-1252'
  }
}

function textKind(
  { name, mime }: DocumentFile,
  text: string,
  wanted: FileKind | undefined,
): TextKind {
  const start = text.slice(0, 500).trimStart().toLowerCase()
  if (start.startsWith('<!doctype html') || start.startsWith('<html')) return 'html'
  const ending = /\.(\w+)$/.exec(name.toLowerCase())?.[1] ?? ''
  return kindByEnding[ending] ?? kindByMime(mime.toLowerCase()) ?? textual(wanted) ?? 'text'
}

/** The wanted kind, where a text can be of it. */
function textual(wanted: FileKind | undefined): TextKind | undefined {
  const kinds = ['text', 'csv', 'json', 'jsonl', 'html'] as const
  return kinds.find((kind) => kind === wanted)
}

function kindByMime(mime: string): TextKind | undefined {
  if (mime.startsWith('text/csv')) return 'csv'
  if (/ndjson|jsonl|json-seq/.test(mime)) return 'jsonl'
  if (mime.includes('json')) return 'json'
  return mime.includes('html') ? 'html' : undefined
}
