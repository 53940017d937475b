import { respond, withDocuments } from '../../documents/answer.ts'
import { reworded } from '../../documents/reword.ts'
import { defineNode } from '../../node/define.ts'
import { anchor, anchors, number, optionalAnchor, text } from '../../node/inputs.ts'
import { answerWithTools } from '../../steps/tool-agent.ts'
import { refusalOf } from '../../talk/answering.ts'

/** An agent that is shown documents before it begins. */
export const conversationalRetrievalToolAgent = defineNode({
  name: 'conversationalRetrievalToolAgent',
  label: 'Conversational Retrieval Tool Agent',
  version: 1,
  category: 'Agents',
  description: 'Answers from documents and with the help of tools.',
  inputs: {
    tools: anchors('tool'),
    memory: optionalAnchor('memory'),
    model: anchor('chatModel'),
    systemMessage: text({ default: respond }),
    rephrasePrompt: text(),
    rephraseModel: optionalAnchor('chatModel'),
    inputModeration: anchors('moderation'),
    maxIterations: number(),
    vectorStoreRetriever: anchor('retriever'),
  },
  run: async (inputs, context) => {
    const refusal = await refusalOf(inputs.inputModeration, context)
    if (refusal !== undefined) return { text: refusal }
    const { model, memory, rephrasePrompt, rephraseModel = model } = inputs
    const history = (await memory?.messages()) ?? []
    const question = context.input.question ?? ''
    const rewording = { model: rephraseModel, rephrasePrompt }
    const alone = rephrasePrompt === '' ? question : await reworded(rewording, history, context)
    const documents = await inputs.vectorStoreRetriever.search(alone, { signal: context.signal })
    const content = withDocuments(inputs.systemMessage, { documents, question })
    const messages = [
      { role: 'system', content } as const,
      ...history,
      { role: 'user', content: question } as const,
    ]
    return answerWithTools({ ...inputs, messages }, context)
  },
})
