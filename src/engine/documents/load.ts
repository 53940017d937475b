import { Failure } from '../../core/errors.ts'
import type { SourceDocument } from '../node/events.ts'
import type { LoadedDocument } from '../node/instances.ts'
import { caps, type DocumentFile, type LoadJob, type SpooledFile } from '../node/load-job.ts'
import { sizeOf } from './content.ts'
import { refusal } from './detect.ts'
import { readPieces } from './pieces.ts'
import { splitDocuments } from './split.ts'

/** What is handed over at once: no more chunks than this, and no more characters unless one has them. */
const most = { chunks: 200, characters: 500_000 } as const

/**
 * Reads and cuts every file of a job, some chunks at a time: no more is in memory than that, and
 * what is read of a file.
 * @throws Failure BAD_REQUEST, UNSUPPORTED_MEDIA_TYPE or UNPROCESSABLE naming the file.
 */
export async function* runLoadJob(job: LoadJob): AsyncGenerator<readonly LoadedDocument[]> {
  if (job.splitter !== undefined && job.splitter.chunkOverlap >= job.splitter.chunkSize) {
    const sentence = 'The overlap of a text splitter must be smaller than its chunks.'
    throw new Failure('UNPROCESSABLE', sentence)
  }
  let bytes = 0
  let count = 0
  for (const file of job.files) {
    bytes += sizeOf(file)
    if (bytes > caps.bytes) {
      throw refusal(file, 'UNPROCESSABLE', `exceeds ${caps.bytes / 1024 ** 2} MiB in all`)
    }
    for await (const documents of chunksIn(file, job)) {
      count += documents.length
      if (count > caps.documents) {
        throw refusal(file, 'UNPROCESSABLE', `gives more than ${caps.documents} chunks in all`)
      }
      yield* batches(documents)
    }
  }
}

function* batches(documents: readonly LoadedDocument[]): Generator<readonly LoadedDocument[]> {
  let batch: LoadedDocument[] = []
  let characters = 0
  for (const document of documents) {
    characters += document.pageContent.length
    const isFull = batch.length === most.chunks || characters > most.characters
    if (isFull && batch.length > 0) {
      yield batch
      batch = []
      characters = document.pageContent.length
    }
    batch.push(document)
  }
  if (batch.length > 0) yield batch
}

async function* chunksIn(
  file: DocumentFile | SpooledFile,
  job: LoadJob,
): AsyncGenerator<LoadedDocument[]> {
  for await (const { documents, linesBefore } of readPieces(file, job)) {
    const named = documents.map(({ pageContent, metadata }) => ({
      pageContent: storable(pageContent),
      metadata: { ...(file.name === '' ? {} : { source: file.name }), ...metadata },
    }))
    const cut = job.splitter === undefined ? named : await splitDocuments(named, job.splitter)
    yield cut.map(({ pageContent, metadata }) => ({
      pageContent: within(file, pageContent),
      metadata: labelled(shifted(metadata, linesBefore), job),
      origin: file.origin,
    }))
  }
}

/** The lines of a chunk as they are in its file. */
function shifted(metadata: SourceDocument['metadata'], by: number): SourceDocument['metadata'] {
  const { loc } = metadata as { loc?: { lines?: { from: number; to: number } } }
  if (by === 0 || loc?.lines === undefined) return metadata
  const lines = { from: loc.lines.from + by, to: loc.lines.to + by }
  return { ...metadata, loc: { ...loc, lines } }
}

function within(file: DocumentFile | SpooledFile, text: string): string {
  if (text.length <= caps.characters) return text
  const why = `has a text of more than ${caps.characters} characters: put a text splitter behind it`
  throw refusal(file, 'UNPROCESSABLE', why)
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
