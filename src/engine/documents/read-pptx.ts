import type { CheerioAPI } from 'cheerio'
import type { SourceDocument } from '../node/events.ts'
import type { DocumentFile } from '../node/load-job.ts'
import { openArchive, type Archive } from './archive.ts'
import { partOf, relationsOf } from './office.ts'

const presentation = 'ppt/presentation.xml'

/** One document a slide, with the notes of the speaker. */
export async function readPptx(file: DocumentFile): Promise<SourceDocument[]> {
  const archive = openArchive(file)
  const part = await partOf(archive, presentation)
  const relations = await relationsOf(archive, presentation)
  const slides = part?.('sldId').toArray() ?? []
  const documents: SourceDocument[] = []
  // Sections list the slides once more, by their numbers alone.
  const ids = slides.flatMap(({ attribs }) => attribs['r:id'] ?? [])
  for (const [index, id] of ids.entries()) {
    const name = relations.get(id)?.name ?? ''
    const texts = [await slideText(archive, name), await notesText(archive, name)]
    const pageContent = texts.filter((text) => text !== '').join('\n\n')
    const metadata = { slideNumber: index + 1, documentType: 'powerpoint' }
    documents.push({ pageContent, metadata })
  }
  return documents
}

async function slideText(archive: Archive, name: string): Promise<string> {
  const slide = await partOf(archive, name)
  return slide === undefined ? '' : paragraphsIn(slide, ':root')
}

/** Beside what the speaker wrote, a page of notes holds a number and a date. */
async function notesText(archive: Archive, slide: string): Promise<string> {
  const relations = [...(await relationsOf(archive, slide)).values()]
  const name = relations.find(({ type }) => type === 'notesSlide')?.name
  const notes = name === undefined ? undefined : await partOf(archive, name)
  if (notes === undefined) return ''
  return paragraphsIn(notes, 'sp:has(ph[type="body"])')
}

function paragraphsIn(part: CheerioAPI, place: string): string {
  // The same once more, for programs that cannot draw the new form of it.
  part('Fallback').remove()
  part('br').replaceWith('<t>\n</t>')
  return part(place)
    .find('p')
    .toArray()
    .map((paragraph) => part(paragraph).find('t').text().trim())
    .filter((text) => text !== '')
    .join('\n')
}
