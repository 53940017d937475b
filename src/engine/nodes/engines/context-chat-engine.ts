import { answerFrom } from '../../documents/answer.ts'
import { defineNode } from '../../node/define.ts'
import { anchor, bool, text } from '../../node/inputs.ts'

const found = 'This may help to answer:\n---------------------\n{context}\n---------------------'

/** A chat that knows documents: each question is looked up anew. */
export const contextChatEngine = defineNode({
  name: 'contextChatEngine',
  label: 'Context Chat Engine',
  version: 1,
  category: 'Engine',
  description: 'Chats from documents, and remembers what was said.',
  inputs: {
    model: anchor('chatModel'),
    vectorStoreRetriever: anchor('retriever'),
    memory: anchor('memory'),
    returnSourceDocuments: bool({ default: false }),
    systemMessagePrompt: text(),
  },
  run: async (inputs, context) => {
    const history = await inputs.memory.messages()
    const template = [inputs.systemMessagePrompt, found].filter((part) => part !== '').join('\n\n')
    return answerFrom(context.input.question ?? '', { ...inputs, template, history }, context)
  },
})
