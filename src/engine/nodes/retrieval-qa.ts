import { askAloud, refusalOf } from '../answering.ts'
import type { SourceDocument } from '../events.ts'
import { anchor, anchors, bool, optionalAnchor, text, type InputsOf } from '../inputs.ts'
import type { ChatMessage } from '../instances.ts'
import { messagesOf } from '../messages.ts'
import { defineNode, type NodeContext } from '../node.ts'
import type { Answer } from '../result.ts'

const rephrase =
  'Below are a conversation and a follow-up question. Word the question so that it can be ' +
  'understood without the conversation; answer with the question alone.\n\n' +
  'Conversation:\n{chat_history}\n\nFollow-up question: {question}\nQuestion on its own:'

const respond =
  'Answer the question of the person from the documents between the marks, and from nothing ' +
  'else. If they do not hold the answer, say that you do not know; never make one up.\n' +
  '------------\n{context}\n------------'

const inputs = {
  model: anchor('chatModel'),
  vectorStoreRetriever: anchor('retriever'),
  memory: optionalAnchor('memory'),
  inputModeration: anchors('moderation'),
  returnSourceDocuments: bool({ default: false }),
  rephrasePrompt: text({ default: rephrase }),
  responsePrompt: text({ default: respond }),
  systemMessagePrompt: text(),
}

/** Answers from documents, in a conversation. */
export const conversationalRetrievalQAChain = defineNode({
  name: 'conversationalRetrievalQAChain',
  label: 'Conversational Retrieval QA Chain',
  version: 3,
  category: 'Chains',
  description: 'Answers from documents, and knows what was said before.',
  inputs,
  run: async (values, context) => {
    const refusal = await refusalOf(values.inputModeration, context)
    if (refusal !== undefined) return { text: refusal }
    const history = await (values.memory?.messages() ?? remembered(context))
    const question = context.input.question ?? ''
    const alone = history.length === 0 ? question : await reworded(values, history, context)
    return answerFrom(alone, history, { values, context })
  },
})

async function remembered(context: NodeContext): Promise<readonly ChatMessage[]> {
  return messagesOf(await context.history())
}

/** The question as it is understood without the conversation before it. */
async function reworded(
  { model, rephrasePrompt }: InputsOf<typeof inputs>,
  history: readonly ChatMessage[],
  { input, signal }: NodeContext,
): Promise<string> {
  const question = input.question ?? ''
  const lines = history.map(
    ({ role, content }) => `${role === 'user' ? 'Human' : 'Assistant'}: ${content}`,
  )
  const content = filled(rephrasePrompt, { chat_history: lines.join('\n'), question })
  const { text: said } = await model.ask({ messages: [{ role: 'user', content }], signal })
  return said.trim() || question
}

async function answerFrom(
  question: string,
  history: readonly ChatMessage[],
  { values, context }: { values: InputsOf<typeof inputs>; context: NodeContext },
): Promise<Answer> {
  const { model, vectorStoreRetriever, responsePrompt, returnSourceDocuments } = values
  const { signal, emit } = context
  const sourceDocuments = await vectorStoreRetriever.search(question, { signal })
  const template = values.systemMessagePrompt || responsePrompt
  const system = filled(template, { context: numbered(sourceDocuments), question })
  const messages: ChatMessage[] = [
    { role: 'system', content: system },
    ...history,
    { role: 'user', content: question },
  ]
  const { text: said, usage } = await askAloud(model, messages, context)
  if (!returnSourceDocuments) return { text: said, usage }
  emit({ event: 'sourceDocuments', data: sourceDocuments })
  return { text: said, usage, sourceDocuments }
}

function numbered(documents: readonly SourceDocument[]): string {
  return documents
    .map(({ pageContent }, index) => `<doc id='${index}'>${pageContent}</doc>`)
    .join('\n')
}

/** A document may hold braces, so each name is looked for in the template alone. */
function filled(template: string, values: Readonly<Record<string, string>>): string {
  return template.replaceAll(/\{(\w+)\}/g, (all, name: string) =>
    Object.hasOwn(values, name) ? (values[name] ?? '') : all,
  )
}
