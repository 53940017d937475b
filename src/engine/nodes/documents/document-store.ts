import { storeIdIn } from '../../documents/document-store.ts'
import { gathered } from '../../documents/gather.ts'
import { defineNode } from '../../node/define.ts'
import { text } from '../../node/inputs.ts'
import type { Documents, LoadedDocument } from '../../node/instances.ts'

/** The chunks of a document store, as its loaders made them. */
export const documentStore = defineNode({
  name: 'documentStore',
  label: 'Document Store',
  version: 1,
  category: 'Document Loaders',
  description: 'Loads the chunks of a document store.',
  inputs: { selectedStore: text() },
  build: async ({ selectedStore }, { node, ports }): Promise<Documents | string> => {
    async function* load(): AsyncGenerator<readonly LoadedDocument[]> {
      const store = await ports.documentStore(storeIdIn(selectedStore))
      yield* store.chunks()
    }
    if (node.output !== 'text') return { kind: 'documents', load }
    return (await gathered(load())).map(({ pageContent }) => pageContent).join('\n')
  },
})
