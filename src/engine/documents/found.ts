import type { NodeContext } from '../node/context.ts'
import type { SourceDocument } from '../node/events.ts'
import type { Documents, Retriever } from '../node/instances.ts'

/**
 * What a retriever's node gives, by the output that its author chose: itself, what it finds, or
 * the text of that. Without a query it looks for the question.
 */
export async function chosenOutput(
  retriever: Retriever,
  query: string,
  { node, input, signal }: NodeContext,
): Promise<Retriever | Documents | string> {
  if (node.output !== 'document' && node.output !== 'text') return retriever
  const found = await retriever.search(query || (input.question ?? ''), { signal })
  if (node.output === 'text') return found.map(({ pageContent }) => pageContent).join('\n')
  return {
    kind: 'documents',
    async *load() {
      yield found.map((document) => ({ ...document, origin: null }))
    },
    toJSON: () => found,
  }
}

/** What was found without how near it is. */
export function withoutScores(found: readonly SourceDocument[]): SourceDocument[] {
  return found.map(({ pageContent, metadata }) => ({ pageContent, metadata }))
}
