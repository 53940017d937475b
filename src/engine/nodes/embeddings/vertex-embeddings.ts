import { createEmbedder } from '../../model/embedder.ts'
import { googlePlace } from '../../model/google-cloud.ts'
import { addressInputs, drawnAddress, headersOf } from '../../model/parts.ts'
import { textsIn, translated, vectorsAnswer, type Translation } from '../../model/translate.ts'
import { defineNode } from '../../node/define.ts'
import { bool, text } from '../../node/inputs.ts'
import { dig } from '../../text/paths.ts'

/** Embeddings of a project on Google Cloud. */
export const vertexEmbeddings = defineNode({
  name: 'googlevertexaiEmbeddings',
  label: 'GoogleVertexAI Embeddings',
  version: 2.1,
  category: 'Embeddings',
  description: 'Turns texts into vectors: Google Cloud.',
  credential: 'googleVertexAuth',
  inputs: {
    ...addressInputs,
    modelName: text({ default: 'text-embedding-004' }),
    region: text(),
    stripNewLines: bool({ default: false }),
  },
  build: async (inputs, context) => {
    const { modelName, region, stripNewLines } = inputs
    const { base, fetch } = await googlePlace({ region, drawn: drawnAddress(inputs) }, context)
    const baseUrl = `${base}/google/models`
    const spec = {
      node: context.node,
      api: 'openai-compatible',
      modelName,
      baseUrl,
      headers: headersOf(inputs.baseOptions),
      // Its newer models take one text at a time.
      batchSize: modelName.startsWith('gemini') ? 1 : 16,
      stripNewLines,
      providerOptions: {},
    } as const
    const world = { fetch: translated(fetch, predictions(baseUrl)), signal: context.signal }
    return createEmbedder(spec, world)
  },
})

function predictions(base: string): Translation {
  return {
    request: ({ headers, body }) => ({
      url: `${base}/${encodeURIComponent(String(body['model']))}:predict`,
      headers,
      body: { instances: textsIn(body).map((content) => ({ content })) },
    }),
    answer: (answer) => {
      const found = dig(answer, ['predictions'])
      const rows: readonly unknown[] = Array.isArray(found) ? found : []
      return vectorsAnswer(rows.map((row) => dig(row, ['embeddings', 'values'])))
    },
  }
}
