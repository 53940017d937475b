import type { Document, DocumentInput } from '@langchain/core/documents'
import type { SourceDocument } from '../node/events.ts'
import type { Splitter } from '../node/instances.ts'
import { splitTokens } from './split-tokens.ts'

/** What cuts a text, and says between which lines each piece stood. */
interface Cutter {
  createDocuments(
    texts: string[],
    metadatas: NonNullable<DocumentInput['metadata']>[],
  ): Promise<Document[]>
}

/** Cuts documents; a piece has the metadata of its document and the lines it stood at. */
export async function splitDocuments(
  documents: readonly SourceDocument[],
  splitter: Splitter,
): Promise<SourceDocument[]> {
  const { headings } = splitter
  if (headings !== undefined) return documents.flatMap((whole) => sectionsOf(whole, headings))
  if (splitter.way === 'token') return splitTokens(documents, splitter)
  const cutter = await cutterOf(splitter)
  const written = splitter.way === 'html' ? await markdownWriter() : (text: string) => text
  const pieces = await cutter.createDocuments(
    documents.map(({ pageContent }) => written(pageContent)),
    documents.map(({ metadata }) => ({ ...metadata })),
  )
  return pieces.map(({ pageContent, metadata }) => ({
    pageContent,
    metadata: metadata as Readonly<Record<string, unknown>>,
  }))
}

/** What stands before the first heading, and each heading with what stands under it. */
function sectionsOf({ pageContent, metadata }: SourceDocument, level: number): SourceDocument[] {
  const heading = new RegExp(String.raw`^(?=#{1,${level}}\s)`, 'm')
  const sections = pageContent.split(heading).map((section) => section.trim())
  return sections
    .filter((section) => section !== '')
    .map((section) => ({ pageContent: section, metadata }))
}

async function cutterOf(splitter: Splitter): Promise<Cutter> {
  const { CharacterTextSplitter, RecursiveCharacterTextSplitter, SupportedTextSplitterLanguages } =
    await import('@langchain/textsplitters')
  const { way, chunkSize, chunkOverlap, separators } = splitter
  const size = { chunkSize, chunkOverlap }
  if (way === 'character') {
    return new CharacterTextSplitter({ ...size, separator: separators?.[0] ?? '\n\n' })
  }
  const wanted = way === 'code' ? splitter.language : way === 'html' ? 'markdown' : way
  const language = SupportedTextSplitterLanguages.find((name) => name === wanted)
  if (language !== undefined) return RecursiveCharacterTextSplitter.fromLanguage(language, size)
  return new RecursiveCharacterTextSplitter({
    ...size,
    ...(separators === undefined ? {} : { separators: [...separators] }),
  })
}

/** Pages are cut as Markdown: headings and lists are borders, and tags no words. */
async function markdownWriter(): Promise<(text: string) => string> {
  const { default: TurndownService } = await import('turndown')
  const service = new TurndownService({ headingStyle: 'atx', codeBlockStyle: 'fenced' })
  service.remove(['head', 'script', 'style'])
  return (text) => (/<[a-z][^<>]*>/i.test(text) ? service.turndown(text) : text)
}
