import { chosenOutput } from '../../documents/found.ts'
import { retrieverOn } from '../../documents/retriever-on.ts'
import { defineNode } from '../../node/define.ts'
import { anchor, number, options, text } from '../../node/inputs.ts'
import type { Retriever } from '../../node/instances.ts'
import { filled } from '../../text/template.ts'

const passages = {
  websearch: 'Write a passage that answers this question.',
  scifact: 'Write a passage of a scientific paper that supports or refutes this claim.',
  arguana: 'Write a passage that argues against this one.',
  'trec-covid': 'Write a passage of a scientific paper that answers this question.',
  fiqa: 'Write a passage of an article on finance that answers this question.',
  'dbpedia-entity': 'Write a passage of an encyclopedia that answers this question.',
  'trec-news': 'Write a passage of a news report on this topic.',
  'mr-tydi':
    'Write a passage in Swahili, Korean, Japanese or Bengali that answers this question in detail.',
} as const

const kinds = Object.keys(passages) as (keyof typeof passages)[]

/**
 * Looks for what is like a made-up answer, which is nearer to the answers in a store than the
 * question is (HyDE: Gao et al., 2022).
 */
export const hydeRetriever = defineNode({
  name: 'HydeRetriever',
  label: 'HyDE Retriever',
  version: 3,
  category: 'Retrievers',
  description: 'Searches for what is like an answer that a model makes up.',
  inputs: {
    model: anchor('chatModel'),
    vectorStore: anchor('vectorStore'),
    query: text({ acceptVariable: true }),
    promptKey: options(kinds, { default: 'websearch' }),
    customPrompt: text(),
    topK: number({ default: 4 }),
  },
  build: async (inputs, context) => {
    const { model, vectorStore, promptKey, customPrompt, topK } = inputs
    const prompt = customPrompt || `${passages[promptKey]}\n\n{question}\n\nPassage:`
    const retriever: Retriever = {
      kind: 'retriever',
      search: async (question, wanted) => {
        const { signal = context.signal } = wanted ?? {}
        const messages = [{ role: 'user', content: filled(prompt, { question }) }] as const
        const { text: passage } = await model.ask({ messages, signal })
        return retrieverOn(vectorStore).search(passage.trim() || question, { topK, ...wanted })
      },
    }
    return chosenOutput(retriever, inputs.query, context)
  },
})
