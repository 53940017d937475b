import { withoutScores } from '../../documents/found.ts'
import { wordingsOf } from '../../documents/wordings.ts'
import { defineNode } from '../../node/define.ts'
import { anchor, number, text } from '../../node/inputs.ts'
import type { Retriever } from '../../node/instances.ts'
import { filled } from '../../text/template.ts'

const variants =
  'Word the question below in {queryCount} other ways, so that a search by meaning finds more. ' +
  'Answer with the questions alone, one a line.\n\nQuestion: {question}'

/** Asks a vector store under several wordings of the question. */
export const multiQueryRetriever = defineNode({
  name: 'multiQueryRetriever',
  label: 'Multi Query Retriever',
  version: 1,
  category: 'Retrievers',
  description: 'Searches under several wordings of a question.',
  inputs: {
    vectorStore: anchor('vectorStore'),
    model: anchor('chatModel'),
    modelPrompt: text({ default: variants }),
    queryCount: number({ default: 3 }),
  },
  build: async ({ vectorStore, model, modelPrompt, queryCount }, context): Promise<Retriever> => ({
    kind: 'retriever',
    search: async (query, options) => {
      const { signal = context.signal } = options ?? {}
      const prompt = filled(modelPrompt, { question: query, queryCount: String(queryCount) })
      const queries = [query, ...(await wordingsOf(prompt, queryCount, { model, signal }))]
      const searches = queries.map((wording) => vectorStore.search(wording, options))
      const found = (await Promise.all(searches)).flat()
      const known = new Map(found.map((document) => [document.pageContent, document]))
      return withoutScores([...known.values()])
    },
  }),
})
