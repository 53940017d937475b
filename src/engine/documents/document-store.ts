import { Failure } from '../../core/errors.ts'
import { nodeTitle, type FlowNode } from '../flow/flow.ts'
import type { Alone, NodeContext } from '../node/context.ts'
import type { InstanceByKind } from '../node/instances.ts'
import type { NodeConfig, StoredDocuments } from '../node/ports.ts'

/** Where a document store keeps its vectors when its owner has not chosen a place. */
export const ownVectors: NodeConfig = { name: 'memoryVectorStore', config: {} }

type Facts = Omit<StoredDocuments, 'chunks'>

/**
 * The vectors of a document store, found by its own embeddings.
 * @throws Failure UNPROCESSABLE, naming the node, for a store without embeddings.
 */
export async function openStore<K extends 'retriever' | 'vectorStore'>(
  kind: K,
  store: Facts,
  context: Pick<NodeContext, 'node' | 'buildAlone'>,
): Promise<InstanceByKind[K]> {
  const chosen = neededEmbeddings(store, context.node)
  const embeddings = await context.buildAlone('embedder', partOf(store, chosen))
  const { name, config } = store.vectorStore ?? ownVectors
  const part = partOf(store, { name, config: { ...config, embeddings } })
  return context.buildAlone(kind, { ...part, output: kind })
}

/** A node of a document store. */
export function partOf(
  { id, name }: Pick<StoredDocuments, 'id' | 'name'>,
  part: NodeConfig,
): Alone {
  return {
    ...part,
    id: `${part.name}_0`,
    label: `${part.name} of ${name}`,
    owner: { kind: 'documentStore', id },
  }
}

function neededEmbeddings({ name, embeddings }: Facts, node: FlowNode): NodeConfig {
  if (embeddings !== null) return embeddings
  const sentence = `The node ${nodeTitle(node)} cannot run: the document store "${name}" has no embeddings.`
  throw new Failure('UNPROCESSABLE', sentence)
}

/** The id in what canvases keep of a chosen store: the id, or `id:name`. */
export function storeIdIn(selected: string): string {
  return selected.split(':')[0] ?? ''
}
