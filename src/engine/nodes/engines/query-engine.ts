import { Failure } from '../../../core/errors.ts'
import { cited } from '../../documents/answer.ts'
import { defaultSynthesizer, synthesize } from '../../documents/synthesize.ts'
import { nodeTitle } from '../../flow/flow.ts'
import { defineNode } from '../../node/define.ts'
import { anchor, bool, optionalAnchor } from '../../node/inputs.ts'

/** Answers from documents, with the model that is drawn at their store. */
export const queryEngine = defineNode({
  name: 'queryEngine',
  label: 'Query Engine',
  version: 2,
  category: 'Engine',
  description: 'Answers from documents, without memory.',
  inputs: {
    vectorStoreRetriever: anchor('retriever'),
    responseSynthesizer: optionalAnchor('synthesizer'),
    returnSourceDocuments: bool({ default: false }),
  },
  run: async (inputs, context) => {
    const { vectorStoreRetriever, responseSynthesizer = defaultSynthesizer } = inputs
    const { model } = vectorStoreRetriever
    if (model === undefined) {
      const sentence = `The node ${nodeTitle(context.node)} cannot run: its vector store needs a chat model.`
      throw new Failure('UNPROCESSABLE', sentence)
    }
    const question = context.input.question ?? ''
    const found = await vectorStoreRetriever.search(question, { signal: context.signal })
    const texts = found.map(({ pageContent }) => pageContent)
    const text = await synthesize(responseSynthesizer, { question, texts, model }, context)
    return inputs.returnSourceDocuments ? cited(text, found, context) : { text }
  },
})
