import { openStore, storeIdIn } from '../../documents/document-store.ts'
import { defineNode } from '../../node/define.ts'
import { text } from '../../node/inputs.ts'

/** Searches a document store where its own settings say that its vectors are. */
export const documentStoreVS = defineNode({
  name: 'documentStoreVS',
  label: 'Document Store (Vector)',
  version: 1,
  category: 'Vector Stores',
  description: 'Searches what was upserted from a document store.',
  inputs: { selectedStore: text() },
  build: async ({ selectedStore }, context) => {
    const store = await context.ports.documentStore(storeIdIn(selectedStore))
    const kind = context.node.output === 'vectorStore' ? 'vectorStore' : 'retriever'
    return openStore(kind, store, context)
  },
})
