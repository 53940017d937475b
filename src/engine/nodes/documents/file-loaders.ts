import { filesOf } from '../../documents/files.ts'
import { fileInputs, loaded, plainReading, readingInputs } from '../../documents/loader.ts'
import { wordsIn } from '../../documents/words.ts'
import { defineNode, type NodeDefinition } from '../../node/define.ts'
import type { InputsOf } from '../../node/inputs.ts'
import type { FileKind } from '../../node/load-job.ts'

interface FileLoader {
  readonly name: string
  readonly label: string
  /** What its texts are taken for; what a file is, its content says. */
  readonly kind?: FileKind
  readonly aliases?: readonly string[]
}

const rows: readonly FileLoader[] = [
  { name: 'textFile', label: 'Text File', kind: 'text' },
  { name: 'pdfFile', label: 'Pdf File', kind: 'pdf' },
  { name: 'docxFile', label: 'Docx File', kind: 'docx', aliases: ['microsoftWord'] },
  { name: 'csvFile', label: 'Csv File', kind: 'csv' },
  { name: 'jsonFile', label: 'Json File', kind: 'json' },
  { name: 'jsonlinesFile', label: 'Json Lines File', kind: 'jsonl' },
  { name: 'epubFile', label: 'Epub File', kind: 'epub' },
  { name: 'microsoftExcel', label: 'Microsoft Excel', kind: 'xlsx' },
  { name: 'microsoftPowerpoint', label: 'Microsoft PowerPoint', kind: 'pptx' },
  { name: 'fileLoader', label: 'File Loader', aliases: ['folderFiles', 'unstructuredFileLoader'] },
]

export const fileLoaders: readonly NodeDefinition[] = rows.map(nodeOf)

/** The kind of file that a loader is for; undefined is any, and null is no loader of files. */
export function fileKindOf(name: string): FileKind | undefined | null {
  const row = rows.find((known) => known.name === name || known.aliases?.includes(name))
  return row === undefined ? null : row.kind
}

function nodeOf({ kind, ...facts }: FileLoader): NodeDefinition {
  return defineNode({
    ...facts,
    version: 3,
    category: 'Document Loaders',
    description: `Loads documents from files: ${facts.label}.`,
    inputs: readingInputs,
    build: async (inputs, context) => {
      const drawn = fileInputs.map((name) => (inputs as Readonly<Record<string, unknown>>)[name])
      const files = async () => filesOf(drawn, context)
      return loaded(inputs, { files, reading: readingOf(inputs, kind) }, context)
    },
  })
}

function readingOf(inputs: InputsOf<typeof readingInputs>, kind: FileKind | undefined) {
  const { usage, columnName, pointersName, pointerName, separateByObject, selector } = inputs
  return {
    ...plainReading,
    ...(kind === undefined ? {} : { kind }),
    perPage: usage !== 'perFile',
    column: columnName,
    pointers: wordsIn(pointersName || pointerName),
    perObject: separateByObject === true || separateByObject === 'true',
    selector,
  }
}
