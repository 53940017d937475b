import { Failure } from '../../core/errors.ts'
import { nodeTitle } from '../flow/flow.ts'
import type { Retriever, Tool } from '../node/instances.ts'
import type { StepContext } from '../node/step.ts'
import { isRecord } from '../text/paths.ts'

type Row = Readonly<Record<string, unknown>>

/** The tools through which an agent asks document stores; rows as the canvas stores them. */
export async function storeTools(
  rows: readonly Row[],
  from: string,
  context: StepContext,
): Promise<readonly Tool[]> {
  const tools = rows.map(async (row) => {
    const chosen = textOf(row['documentStore'])
    const retriever = await storeRetriever(chosen, from, context)
    const [, ...words] = chosen.split(':')
    const name = words.join(':') || 'document_store'
    return retrieverTool(retriever, { name, description: textOf(row['docStoreDescription']) })
  })
  return Promise.all(tools)
}

/** The tools through which an agent asks vector stores that its node describes. */
export async function vectorTools(
  rows: readonly Row[],
  from: string,
  context: StepContext,
): Promise<readonly Tool[]> {
  const tools = rows.map(async (row) => {
    const part = (key: string) => ({
      name: textOf(row[key]),
      config: isRecord(row[`${key}Config`]) ? (row[`${key}Config`] as Row) : {},
      from: [from],
    })
    const [embeddings] = await context.build('embedder', part('embeddingModel'))
    const store = part('vectorStore')
    const config = { ...store.config, embeddings }
    const [retriever] = await context.build('retriever', { ...store, config })
    const facts = {
      name: textOf(row['knowledgeName']) || 'knowledge',
      description: textOf(row['knowledgeDescription']),
    }
    return retriever === undefined ? [] : [retrieverTool(retriever, facts)]
  })
  return (await Promise.all(tools)).flat()
}

/**
 * A document store as canvases name it, by its id or `id:name`.
 * @throws Failure UNPROCESSABLE when there is none, or none that can be searched.
 */
export async function storeRetriever(
  selectedStore: string,
  from: string,
  context: StepContext,
): Promise<Retriever> {
  const part = { name: 'documentStoreVS', config: { selectedStore }, from: [from] }
  const [retriever] = await context.build('retriever', part)
  if (retriever !== undefined) return retriever
  const sentence = `The node ${nodeTitle(context.node)} cannot run: it needs a document store.`
  throw new Failure('UNPROCESSABLE', sentence)
}

function retrieverTool(
  retriever: Retriever,
  { name, description }: { readonly name: string; readonly description: string },
): Tool {
  return {
    kind: 'tool',
    // Providers take no other characters in a tool's name.
    name: name
      .toLowerCase()
      .replaceAll(/[^\w-]+/g, '_')
      .slice(0, 64),
    description: description || `Searches ${name}.`,
    schema: {
      type: 'object',
      properties: { input: { type: 'string', description: 'What to look for' } },
      required: ['input'],
    },
    run: async ({ input }, { signal }) => {
      const sourceDocuments = await retriever.search(textOf(input), { signal })
      const text = sourceDocuments.map(({ pageContent }) => pageContent).join('\n\n')
      return { text, sourceDocuments }
    },
  }
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : ''
}
