import { Failure } from '../../core/errors.ts'
import type { SourceDocument } from '../node/events.ts'
import type { LoadedDocument } from '../node/instances.ts'
import { caps, type DocumentFile, type LoadJob } from '../node/load-job.ts'
import { refusal } from './detect.ts'
import { readFile } from './read.ts'
import { splitDocuments } from './split.ts'

/**
 * Reads and cuts every file of a job.
 * @throws Failure BAD_REQUEST, UNSUPPORTED_MEDIA_TYPE or UNPROCESSABLE naming the file.
 */
export async function runLoadJob(job: LoadJob): Promise<LoadedDocument[]> {
  const loaded: LoadedDocument[] = []
  let bytes = 0
  for (const file of job.files) {
    bytes += file.bytes.length
    if (bytes > caps.bytes) {
      throw refusal(file, 'UNPROCESSABLE', `exceeds ${caps.bytes / 1024 ** 2} MiB in all`)
    }
    for (const document of await piecesOf(file, job)) loaded.push(document)
    if (loaded.length > caps.documents) {
      throw refusal(file, 'UNPROCESSABLE', `gives more than ${caps.documents} chunks in all`)
    }
  }
  return loaded
}

async function piecesOf(file: DocumentFile, job: LoadJob): Promise<LoadedDocument[]> {
  const read = await readFile(file, job.reading)
  const named = read.map(({ pageContent, metadata }) => ({
    pageContent: storable(pageContent),
    metadata: { ...(file.name === '' ? {} : { source: file.name }), ...metadata },
  }))
  const pieces = job.splitter === undefined ? named : await cut(named, job.splitter)
  return pieces.map(({ pageContent, metadata }) => ({
    pageContent,
    metadata: labelled(metadata, job),
    origin: file.origin,
  }))
}

async function cut(
  documents: SourceDocument[],
  splitter: NonNullable<LoadJob['splitter']>,
): Promise<SourceDocument[]> {
  if (splitter.chunkOverlap < splitter.chunkSize) return splitDocuments(documents, splitter)
  const sentence = 'The overlap of a text splitter must be smaller than its chunks.'
  throw new Failure('UNPROCESSABLE', sentence)
}

function labelled(own: SourceDocument['metadata'], { omit, metadata }: LoadJob) {
  if (omit.includes('*')) return metadata
  const kept = Object.entries(own).filter(([name]) => !omit.includes(name))
  return { ...Object.fromEntries(kept), ...metadata }
}

/** Without NUL and halves of pairs, which PDFs hold now and then and no database takes. */
function storable(text: string): string {
  return text.replaceAll('\0', '').toWellFormed()
}
