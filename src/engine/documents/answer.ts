import type { NodeContext } from '../node/context.ts'
import type { SourceDocument } from '../node/events.ts'
import type { ChatMessage, ChatModel, Retriever } from '../node/instances.ts'
import type { Answer } from '../node/result.ts'
import { askAloud } from '../talk/answering.ts'
import { filled } from '../text/template.ts'

/** The instruction where the author of a flow gives none. */
export const respond =
  'Answer the question of the person from the documents between the marks, and from nothing ' +
  'else. If they do not hold the answer, say that you do not know; never make one up.\n' +
  '------------\n{context}\n------------'

interface Asking {
  readonly model: ChatModel
  readonly vectorStoreRetriever: Retriever
  readonly template: string
  readonly history: readonly ChatMessage[]
  readonly returnSourceDocuments: boolean
}

/** Looks for documents, and has the model answer from them. */
export async function answerFrom(
  question: string,
  { model, vectorStoreRetriever, template, history, returnSourceDocuments }: Asking,
  context: NodeContext,
): Promise<Answer> {
  const { signal } = context
  const sourceDocuments = await vectorStoreRetriever.search(question, { signal })
  const system = withDocuments(template, { documents: sourceDocuments, question })
  const messages: ChatMessage[] = [
    { role: 'system', content: system },
    ...history,
    { role: 'user', content: question },
  ]
  const { text } = await askAloud(model, messages, context)
  return returnSourceDocuments ? cited(text, sourceDocuments, context) : { text }
}

/** An instruction with the documents where it says `{context}`; they stand at its end otherwise. */
export function withDocuments(
  template: string,
  known: { readonly documents: readonly SourceDocument[]; readonly question: string },
): string {
  const whole = template.includes('{context}') ? template : `${template}\n{context}`
  return filled(whole, { context: numbered(known.documents), question: known.question })
}

/** An answer with its sources, which the caller is told of. */
export function cited(
  text: string,
  sourceDocuments: readonly SourceDocument[],
  { emit }: Pick<NodeContext, 'emit'>,
): Answer {
  emit({ event: 'sourceDocuments', data: sourceDocuments })
  return { text, sourceDocuments }
}

function numbered(documents: readonly SourceDocument[]): string {
  return documents
    .map(({ pageContent }, index) => `<doc id='${index}'>${pageContent}</doc>`)
    .join('\n')
}
