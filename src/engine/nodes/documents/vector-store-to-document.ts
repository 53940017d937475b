import { defineNode } from '../../node/define.ts'
import { anchor, number, text } from '../../node/inputs.ts'
import type { Documents } from '../../node/instances.ts'

/** What a vector store finds, as documents or as one text. */
export const vectorStoreToDocument = defineNode({
  name: 'vectorStoreToDocument',
  label: 'VectorStore To Document',
  version: 2,
  category: 'Document Loaders',
  description: 'Searches a vector store and gives what it found.',
  inputs: {
    vectorStore: anchor('vectorStore'),
    query: text({ acceptVariable: true }),
    minScore: number({ default: 0 }),
  },
  build: async ({ vectorStore, query, minScore }, { node, input, signal }) => {
    const find = async () => {
      const found = await vectorStore.search(query || (input.question ?? ''), { signal })
      return found.filter(({ score }) => score * 100 >= minScore)
    }
    if (node.output === 'text') {
      return (await find()).map(({ pageContent }) => pageContent).join('\n')
    }
    const documents: Documents = {
      kind: 'documents',
      async *load() {
        const found = await find()
        yield found.map(({ pageContent, metadata }) => ({ pageContent, metadata, origin: null }))
      },
    }
    return documents
  },
})
