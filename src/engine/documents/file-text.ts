import type { LoadDocuments } from '../node/ports.ts'
import type { FileUpload } from '../node/run-input.ts'
import { fileOf } from './files.ts'
import { gathered } from './gather.ts'
import { plainReading } from './loader.ts'

/** All that a file says. @throws Failure naming the file, UNAVAILABLE, TIMEOUT. */
export async function fileText(
  upload: FileUpload,
  load: LoadDocuments,
  signal: AbortSignal,
): Promise<string> {
  const job = { files: [fileOf(upload)], reading: plainReading, metadata: {}, omit: [] }
  const documents = await gathered(load(job, signal))
  return documents.map(({ pageContent }) => pageContent).join('\n\n')
}
