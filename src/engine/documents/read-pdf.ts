import type { SourceDocument } from '../node/events.ts'
import { caps, type DocumentFile, type Reading } from '../node/load-job.ts'
import { refusal } from './detect.ts'
import { refuseHugeStreams } from './pdf-streams.ts'

export async function readPdf(file: DocumentFile, { perPage }: Reading): Promise<SourceDocument[]> {
  refuseHugeStreams(file)
  const { getDocumentProxy, extractText } = await import('unpdf')
  // The reader takes its bytes away; a copy leaves ours.
  const pdf = await getDocumentProxy(new Uint8Array(file.bytes), { verbosity: 0 }).catch(
    (error: unknown) => {
      const isLocked = error instanceof Error && error.name === 'PasswordException'
      throw refusal(file, 'UNPROCESSABLE', isLocked ? 'is encrypted' : 'is damaged')
    },
  )
  try {
    if (pdf.numPages > caps.pages) {
      throw refusal(file, 'UNPROCESSABLE', `has more than ${caps.pages} pages`)
    }
    const { totalPages, text } = await extractText(pdf, { mergePages: false })
    const facts = { pdf: { totalPages } }
    if (!perPage) return [{ pageContent: text.join('\n\n'), metadata: facts }]
    return text.map((pageContent, index) => ({
      pageContent,
      metadata: { ...facts, loc: { pageNumber: index + 1 } },
    }))
  } finally {
    await pdf.loadingTask.destroy()
  }
}
