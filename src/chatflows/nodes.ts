import { Failure } from '../core/errors.ts'
import type { NodeKind } from '../engine/describe.ts'
import { loadEngine } from './engine.ts'

export type { NodeInput, NodeKind } from '../engine/describe.ts'

/** Every kind of node that runs here. */
export async function listNodeKinds(): Promise<NodeKind[]> {
  const { describeNodes } = await loadEngine()
  return describeNodes()
}

/** One kind of node, by its name or an alias. Throws NOT_FOUND. */
export async function getNodeKind(input: { name: string }): Promise<NodeKind> {
  const { describeNode } = await loadEngine()
  const kind = describeNode(input.name)
  if (!kind) throw new Failure('NOT_FOUND', 'No such kind of node runs here.')
  return kind
}
