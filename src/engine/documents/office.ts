import type { CheerioAPI } from 'cheerio'
import type { Archive } from './archive.ts'
import { openMarkup } from './markup.ts'

/** A part of an Office document as XML; undefined when the archive has none of that name. */
export async function partOf(archive: Archive, name: string): Promise<CheerioAPI | undefined> {
  const text = archive.text(name)
  return text === undefined ? undefined : openMarkup(plainNames(text), { xml: true })
}

/** XML without the prefixes of its elements: programs choose them as they like. */
export function plainNames(xml: string): string {
  return xml.replaceAll(/<(\/?)[\w.-]+:/g, '<$1')
}

/** What a part refers to: the names of other parts, by the ids that it knows them by. */
export async function relationsOf(
  archive: Archive,
  name: string,
): Promise<ReadonlyMap<string, { readonly type: string; readonly name: string }>> {
  const [, folder = '', base = name] = /^(.*\/)?([^/]*)$/.exec(name) ?? []
  const part = await partOf(archive, `${folder}_rels/${base}.rels`)
  const relations = part?.('Relationship').toArray() ?? []
  return new Map(
    relations.map(({ attribs }) => [
      attribs['Id'] ?? '',
      {
        type: attribs['Type']?.replace(/^.*\//, '') ?? '',
        name: partName(attribs['Target'] ?? '', folder),
      },
    ]),
  )
}

/** The part that `../x.xml` means in a part or folder of the archive. */
export function partName(target: string, seenFrom: string): string {
  const { pathname } = new URL(target, `http://archive/${seenFrom}`)
  return decodeURIComponent(pathname).slice(1)
}
