import { defineNode } from '../../node/define.ts'
import type { SourceDocument } from '../../node/events.ts'
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
      const count = String(queryCount)
      const content = filled(modelPrompt, { question: query, queryCount: count })
      const { signal } = context
      const { text: said } = await model.ask({ messages: [{ role: 'user', content }], signal })
      const lines = said.split('\n').map((line) => line.replace(/^\s*(?:[-*]|\d+[.)])\s*/, ''))
      const worded = lines.filter((line) => line.trim() !== '').slice(0, queryCount)
      return together([query, ...worded], (line) => vectorStore.search(line, options))
    },
  }),
})

/** What several searches find, each document once. */
async function together(
  queries: readonly string[],
  search: (query: string) => Promise<readonly SourceDocument[]>,
): Promise<SourceDocument[]> {
  const found = (await Promise.all(queries.map(search))).flat()
  const known = new Map(found.map((document) => [document.pageContent, document]))
  return [...known.values()].map(({ pageContent, metadata }) => ({ pageContent, metadata }))
}
