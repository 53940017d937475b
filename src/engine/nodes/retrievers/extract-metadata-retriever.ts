import { chosenOutput } from '../../documents/found.ts'
import { retrieverOn } from '../../documents/retriever-on.ts'
import { defineNode } from '../../node/define.ts'
import { anchor, array, number, text } from '../../node/inputs.ts'
import type { ChatModel, JsonSchema, Retriever } from '../../node/instances.ts'
import { structuredSchema } from '../../talk/structured.ts'
import { isRecord } from '../../text/paths.ts'

/** Searches only documents whose metadata is as a model reads it out of the question. */
export const extractMetadataRetriever = defineNode({
  name: 'extractMetadataRetriever',
  label: 'Extract Metadata Retriever',
  version: 1,
  category: 'Retrievers',
  description: 'Lets a model read a metadata filter out of a question.',
  inputs: {
    vectorStore: anchor('vectorStore'),
    model: anchor('chatModel'),
    query: text({ acceptVariable: true }),
    dynamicMetadataFilterRetrieverPrompt: text({
      default: 'Find what this query says of the fields asked for: {{query}}',
    }),
    dynamicMetadataFilterRetrieverStructuredOutput: array(),
    topK: number(),
  },
  build: async (inputs, context) => {
    const { vectorStore, model, topK } = inputs
    const schema = structuredSchema(inputs.dynamicMetadataFilterRetrieverStructuredOutput)
    const top = topK === undefined ? {} : { topK }
    const retriever: Retriever = {
      kind: 'retriever',
      search: async (query, options) => {
        const { signal = context.signal } = options ?? {}
        const prompt = inputs.dynamicMetadataFilterRetrieverPrompt.replaceAll(
          '{{query}}',
          () => query,
        )
        const read = schema === undefined ? {} : await filterIn(prompt, schema, { model, signal })
        // What the flow's author has fixed, no question changes.
        const filter = { ...read, ...options?.filter }
        return retrieverOn(vectorStore).search(query, { ...top, ...options, filter })
      },
    }
    return chosenOutput(retriever, inputs.query, context)
  },
})

/** What the model found; a field of which the query says nothing filters nothing. */
async function filterIn(
  content: string,
  schema: JsonSchema,
  { model, signal }: { readonly model: ChatModel; readonly signal: AbortSignal },
): Promise<Readonly<Record<string, unknown>>> {
  const { json } = await model.ask({ messages: [{ role: 'user', content }], schema, signal })
  const fields = isRecord(schema['properties']) ? schema['properties'] : {}
  const found = Object.entries(isRecord(json) ? json : {}).filter(
    ([name, value]) => Object.hasOwn(fields, name) && !isEmpty(value),
  )
  return Object.fromEntries(found)
}

function isEmpty(value: unknown): boolean {
  return value === null || value === '' || (Array.isArray(value) && value.length === 0)
}
