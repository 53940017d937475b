import { Failure } from '../core/errors.ts'
import { describeNode, describeNodes, type NodeKind } from '../engine/describe.ts'

export type { NodeInput, NodeKind } from '../engine/describe.ts'

/** Every kind of node that runs here. */
export function listNodeKinds(): NodeKind[] {
  return describeNodes()
}

/** One kind of node, by its name or an alias. Throws NOT_FOUND. */
export function getNodeKind(input: { name: string }): NodeKind {
  const kind = describeNode(input.name)
  if (!kind) throw new Failure('NOT_FOUND', 'No such kind of node runs here.')
  return kind
}
