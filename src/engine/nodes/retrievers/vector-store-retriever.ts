import { retrieverOn } from '../../documents/retriever-on.ts'
import { defineNode } from '../../node/define.ts'
import { anchor, text } from '../../node/inputs.ts'
import type { RetrieverChoice } from '../../node/instances.ts'

export const vectorStoreRetriever = defineNode({
  name: 'vectorStoreRetriever',
  label: 'Vector Store Retriever',
  version: 1,
  category: 'Retrievers',
  description: 'A vector store, with what it is good for, for a chain to choose.',
  inputs: { vectorStore: anchor('vectorStore'), name: text(), description: text() },
  build: async ({ vectorStore, name, description }): Promise<RetrieverChoice> => ({
    kind: 'retrieverChoice',
    name,
    description,
    retriever: retrieverOn(vectorStore),
  }),
})
