import { defineNode } from '../../node/define.ts'
import type { Embedder } from '../../node/instances.ts'

/** Embeddings without a provider, made by this server. */
export const localEmbeddings = defineNode({
  name: 'localEmbeddings',
  label: 'Local Embeddings',
  version: 1,
  category: 'Embeddings',
  description: 'Turns English texts into vectors on this server, without a provider.',
  inputs: {},
  build: async (_inputs, { ports, signal: own }): Promise<Embedder> => ({
    kind: 'embedder',
    modelName: 'energetic-ai-embeddings-en',
    embed: (texts, signal = own) => ports.embedLocally(texts, signal),
  }),
})
