import { chosenOutput } from '../../documents/found.ts'
import { defineNode } from '../../node/define.ts'
import { anchor, text } from '../../node/inputs.ts'
import type { Retriever } from '../../node/instances.ts'

const nothing = 'NO_OUTPUT'

/** Of each document only what helps with the question, as a model copies it out. */
export const llmFilterRetriever = defineNode({
  name: 'llmFilterRetriever',
  label: 'LLM Filter Retriever',
  version: 1,
  category: 'Retrievers',
  description: 'Lets a model cut documents down to what helps with a question.',
  inputs: {
    baseRetriever: anchor('retriever'),
    model: anchor('chatModel'),
    query: text({ acceptVariable: true }),
  },
  build: async ({ baseRetriever, model, query }, context) => {
    const retriever: Retriever = {
      ...baseRetriever,
      search: async (question, options) => {
        const { signal = context.signal } = options ?? {}
        const found = await baseRetriever.search(question, options)
        const cut = found.map(async ({ pageContent, metadata }) => {
          const content = promptFor(question, pageContent)
          const { text: said } = await model.ask({ messages: [{ role: 'user', content }], signal })
          return { pageContent: said.trim(), metadata }
        })
        const kept = await Promise.all(cut)
        return kept.filter(({ pageContent: said }) => said !== '' && !said.includes(nothing))
      },
    }
    return chosenOutput(retriever, query, context)
  },
})

function promptFor(question: string, document: string): string {
  return (
    'Copy out of the document, word for word, whatever helps to answer the question. If nothing ' +
    `does, answer ${nothing}.\n\nQuestion: ${question}\n\nDocument:\n${document}`
  )
}
