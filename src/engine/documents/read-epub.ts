import type { SourceDocument } from '../node/events.ts'
import type { DocumentFile, Reading } from '../node/load-job.ts'
import { openArchive } from './archive.ts'
import { partName, partOf } from './office.ts'
import { readHtml } from './read-html.ts'

/** One document a chapter, or all of them as one, in the order of the book. */
export async function readEpub(file: DocumentFile, reading: Reading): Promise<SourceDocument[]> {
  const archive = openArchive(file)
  const container = await partOf(archive, 'META-INF/container.xml')
  const root = container?.('rootfile').attr('full-path') ?? ''
  const book = await partOf(archive, root)
  if (book === undefined) return []
  const places = new Map(
    book('manifest > item')
      .toArray()
      .map(({ attribs }) => [attribs['id'] ?? '', attribs['href'] ?? '']),
  )
  const chapters: SourceDocument[] = []
  for (const { attribs } of book('spine > itemref').toArray()) {
    const href = places.get(attribs['idref'] ?? '')
    const page = href === undefined ? undefined : archive.text(partName(href, root))
    if (page !== undefined) chapters.push(...(await chapterOf(page, reading)))
  }
  if (reading.perPage) return chapters
  return [
    { pageContent: chapters.map(({ pageContent }) => pageContent).join('\n\n'), metadata: {} },
  ]
}

async function chapterOf(page: string, reading: Reading): Promise<SourceDocument[]> {
  // In XHTML these may be empty; in HTML all that follows would belong to them.
  const html = page.replaceAll(/<(?:title|script|style)\b[^<>]*\/>/gi, '')
  const documents = await readHtml(html, reading)
  return documents.map(({ pageContent, metadata: { title } }) => ({
    pageContent,
    metadata: title === undefined ? {} : { chapter: title },
  }))
}
