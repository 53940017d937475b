import { createEmbedder } from '../../model/embedder.ts'
import { addressInputs, drawnAddress, headersOf, present } from '../../model/parts.ts'
import { textsIn, translated, vectorsAnswer, type Translation } from '../../model/translate.ts'
import { watsonxPlace, type WatsonxPlace } from '../../model/watsonx.ts'
import { defineNode } from '../../node/define.ts'
import { number, text } from '../../node/inputs.ts'
import { dig } from '../../text/paths.ts'

/** Embeddings of a project on IBM watsonx. */
export const watsonxEmbeddings = defineNode({
  name: 'ibmEmbedding',
  label: 'IBM Watsonx Embeddings',
  version: 1,
  category: 'Embeddings',
  description: 'Turns texts into vectors: IBM watsonx.',
  credential: 'ibmWatsonx',
  inputs: {
    ...addressInputs,
    modelName: text({ default: 'ibm/slate-30m-english-rtrvr' }),
    truncateInputTokens: number(),
  },
  build: async (inputs, context) => {
    const place = await watsonxPlace(drawnAddress(inputs), context)
    const spec = {
      node: context.node,
      api: 'openai-compatible',
      modelName: inputs.modelName,
      baseUrl: place.baseUrl,
      headers: headersOf(inputs.baseOptions),
      batchSize: 64,
      stripNewLines: false,
      providerOptions: {},
    } as const
    const parameters = present({ truncate_input_tokens: inputs.truncateInputTokens })
    const fetch = translated(place.fetch, embeddings(place, parameters))
    return createEmbedder(spec, { fetch, signal: context.signal })
  },
})

function embeddings({ baseUrl, project, version }: WatsonxPlace, parameters: object): Translation {
  return {
    request: ({ headers, body }) => ({
      url: `${baseUrl}/ml/v1/text/embeddings?version=${encodeURIComponent(version)}`,
      headers,
      body: { model_id: body['model'], project_id: project, inputs: textsIn(body), parameters },
    }),
    answer: (answer) => {
      const found = dig(answer, ['results'])
      const rows: readonly unknown[] = Array.isArray(found) ? found : []
      return vectorsAnswer(rows.map((row) => dig(row, ['embedding'])))
    },
  }
}
