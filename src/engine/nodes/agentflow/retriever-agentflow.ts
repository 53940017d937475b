import { defineNode } from '../../node/define.ts'
import { anything, array, options, text } from '../../node/inputs.ts'
import { storeRetriever } from '../../steps/knowledge.ts'
import { updatedState } from '../../steps/state.ts'
import { textOf } from '../../text/paths.ts'

/** What document stores say to a query. */
export const retrieverAgentflow = defineNode({
  name: 'retrieverAgentflow',
  label: 'Retriever',
  version: 1,
  category: 'Agent Flows',
  description: 'Finds the documents nearest to a query.',
  inputs: {
    retrieverKnowledgeDocumentStores: array(),
    retrieverQuery: text({ acceptVariable: true }),
    outputFormat: options(['text', 'textWithMetadata'], { default: 'text' }),
    retrieverUpdateState: anything(),
  },
  step: async (inputs, context) => {
    const query = inputs.retrieverQuery || context.question
    const from = 'retrieverKnowledgeDocumentStores'
    const found = inputs[from].map(async ({ documentStore }) => {
      const retriever = await storeRetriever(textOf(documentStore), from, context)
      return retriever.search(query, { signal: context.signal })
    })
    const sourceDocuments = (await Promise.all(found)).flat()
    const withMetadata = inputs.outputFormat === 'textWithMetadata'
    const texts = sourceDocuments.map((document) =>
      withMetadata ? JSON.stringify(document, null, 2) : document.pageContent,
    )
    const content = texts.join('\n')
    context.emit({ event: 'token', data: content })
    const output = { content, sourceDocuments }
    return {
      input: { question: query },
      output,
      state: await updatedState('retrieverUpdateState', output, context),
    }
  },
})
