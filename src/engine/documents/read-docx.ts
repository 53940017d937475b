import type { SourceDocument } from '../node/events.ts'
import type { DocumentFile } from '../node/load-job.ts'
import { refuseBomb } from './archive.ts'

export async function readDocx(file: DocumentFile): Promise<SourceDocument[]> {
  refuseBomb(file)
  const { default: mammoth } = await import('mammoth')
  const { value } = await mammoth.extractRawText({ buffer: Buffer.from(file.bytes) })
  return [{ pageContent: value, metadata: {} }]
}
