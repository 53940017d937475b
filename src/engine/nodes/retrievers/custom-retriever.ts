import { chosenOutput } from '../../documents/found.ts'
import { defineNode } from '../../node/define.ts'
import type { SourceDocument } from '../../node/events.ts'
import { anchor, number, text } from '../../node/inputs.ts'
import type { Retriever } from '../../node/instances.ts'
import { dig, textOf } from '../../text/paths.ts'

/** What a vector store finds, each document written down in a form of the author's. */
export const customRetriever = defineNode({
  name: 'customRetriever',
  label: 'Custom Retriever',
  version: 1,
  category: 'Retrievers',
  description: 'Writes what it finds in a form of its own.',
  inputs: {
    vectorStore: anchor('vectorStore'),
    query: text({ acceptVariable: true }),
    resultFormat: text({ default: '{{context}}\nSource: {{metadata.source}}' }),
    topK: number(),
  },
  build: async ({ vectorStore, query, resultFormat, topK }, context) => {
    const top = topK === undefined ? {} : { topK }
    const retriever: Retriever = {
      kind: 'retriever',
      search: async (wanted, options) => {
        const found = await vectorStore.search(wanted, { ...top, ...options })
        return found.map((document) => ({
          pageContent: written(resultFormat, document),
          metadata: document.metadata,
        }))
      },
    }
    return chosenOutput(retriever, query, context)
  },
})

/** A field that a document has not stays as written. */
function written(format: string, { pageContent, metadata }: SourceDocument): string {
  return format.replaceAll(
    /\{\{(?:context|metadata\.([\w.]+))\}\}/g,
    (all: string, path?: string) => {
      if (path === undefined) return pageContent
      const value = dig(metadata, path.split('.'))
      return value === undefined ? all : textOf(value)
    },
  )
}
