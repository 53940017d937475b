import { Failure } from '../../../core/errors.ts'
import { nodeTitle } from '../../flow/flow.ts'
import { defineNode, type NodeDefinition } from '../../node/define.ts'
import { anything, number, text } from '../../node/inputs.ts'
import type { Splitter } from '../../node/instances.ts'
import { parseLoose } from '../../text/json.ts'

interface SplitterRow {
  readonly name: string
  readonly label: string
  readonly way: Splitter['way']
}

const rows: readonly SplitterRow[] = [
  { name: 'recursiveCharacterTextSplitter', label: 'Recursive Character', way: 'recursive' },
  { name: 'characterTextSplitter', label: 'Character', way: 'character' },
  { name: 'tokenTextSplitter', label: 'Token', way: 'token' },
  { name: 'markdownTextSplitter', label: 'Markdown', way: 'markdown' },
  { name: 'codeTextSplitter', label: 'Code', way: 'code' },
  { name: 'htmlToMarkdownTextSplitter', label: 'HtmlToMarkdown', way: 'html' },
]

export const textSplitters: readonly NodeDefinition[] = rows.map(({ name, label, way }) =>
  defineNode({
    name,
    label: `${label} Text Splitter`,
    version: 2,
    category: 'Text Splitters',
    description: `Cuts texts: ${label}.`,
    inputs: {
      chunkSize: number({ default: 1000 }),
      chunkOverlap: number({ default: 200 }),
      separators: anything(),
      separator: text(),
      language: text(),
      encodingName: text(),
      splitByHeaders: text(),
    },
    build: async (inputs, { node }): Promise<Splitter> => {
      if (inputs.chunkSize < 1) {
        const sentence = `The node ${nodeTitle(node)} cannot run: its chunkSize must be at least 1.`
        throw new Failure('UNPROCESSABLE', sentence)
      }
      const level = /^h([1-6])$/.exec(inputs.splitByHeaders)?.[1]
      const separators = listOf(inputs.separators) ?? listOf(inputs.separator)
      return {
        kind: 'splitter',
        way,
        chunkSize: Math.floor(inputs.chunkSize),
        chunkOverlap: Math.max(0, Math.floor(inputs.chunkOverlap)),
        ...(separators === undefined ? {} : { separators }),
        ...(inputs.language === '' ? {} : { language: inputs.language }),
        ...(inputs.encodingName === '' ? {} : { encoding: inputs.encodingName }),
        ...(way === 'markdown' && level !== undefined ? { headings: Number(level) } : {}),
      }
    },
  }),
)

/** A list, its JSON text, or one text; undefined when there is nothing. */
function listOf(value: unknown): readonly string[] | undefined {
  const given = typeof value === 'string' ? (parseLoose(value) ?? value) : value
  if (typeof given === 'string') return given === '' ? undefined : [given]
  if (!Array.isArray(given)) return undefined
  const texts = given.filter((item): item is string => typeof item === 'string')
  return texts.length === 0 ? undefined : texts
}
