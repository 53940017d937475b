import type { NodeContext } from '../node/context.ts'
import { anything, json, options, optionalAnchor, text, type InputsOf } from '../node/inputs.ts'
import type { Documents, LoadedDocument } from '../node/instances.ts'
import type { LoadJob, Reading } from '../node/load-job.ts'
import { namingNode } from '../node/naming.ts'
import { gathered } from './gather.ts'
import { wordsIn } from './words.ts'

/** What every loader has. */
export const loaderInputs = {
  textSplitter: optionalAnchor('splitter'),
  metadata: json(),
  omitMetadataKeys: text(),
}

/** Names under which loaders of files hold them. */
export const fileInputs = [
  'txtFile',
  'pdfFile',
  'docxFile',
  'csvFile',
  'jsonFile',
  'jsonlinesFile',
  'epubFile',
  'excelFile',
  'powerpointFile',
  'htmlFile',
  'mdFile',
  'file',
  'fileObject',
] as const

/** Names under which loaders hold a document itself, which is no more secret than its chunks. */
export const documentInputs: ReadonlySet<string> = new Set([...fileInputs, 'text'])

export const readingInputs = {
  ...loaderInputs,
  ...Object.fromEntries(fileInputs.map((name) => [name, anything()])),
  usage: options(['perPage', 'perChapter', 'perFile'], { default: 'perPage' }),
  columnName: text(),
  pointersName: text(),
  pointerName: text(),
  separateByObject: anything(),
  selector: text(),
}

type Shared = InputsOf<typeof loaderInputs>

/** How files are read where nothing else is said. */
export const plainReading: Reading = {
  perPage: true,
  column: '',
  pointers: [],
  perObject: false,
  selector: '',
}

/** The documents of a loader, or their text where that output is chosen. */
export async function loaded(
  inputs: Shared,
  { files, reading }: { readonly files: () => Promise<LoadJob['files']>; reading: Reading },
  context: NodeContext,
): Promise<Documents | string> {
  const { textSplitter, metadata, omitMetadataKeys } = inputs
  async function* load(): AsyncGenerator<readonly LoadedDocument[]> {
    const { node, input } = context
    // What somebody uploads to a chat comes without what the author has drawn.
    const isWanted = !input.forChat || input.files?.some(({ loader }) => loader === node.id)
    if (!isWanted) return
    const job: LoadJob = {
      files: await namingNode(node, files),
      reading,
      metadata,
      omit: wordsIn(omitMetadataKeys),
      ...(textSplitter === undefined ? {} : { splitter: textSplitter }),
    }
    yield* context.ports.loadDocuments(job, context.signal)
  }
  if (context.node.output !== 'text') return { kind: 'documents', load }
  return (await gathered(load())).map(({ pageContent }) => pageContent).join('\n')
}
