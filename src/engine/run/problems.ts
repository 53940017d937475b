import { Failure } from '../../core/errors.ts'
import { nodeTitle, type FlowNode } from '../flow/flow.ts'
import { findNode, suggestNode } from '../nodes/index.ts'

/** One thing that keeps a flow, or a part of it, from running. */
export interface Problem {
  readonly code: 'unknown-node' | 'no-ending' | 'no-start' | 'circle' | 'not-runnable'
  readonly nodeId?: string
  /** The node's type name. */
  readonly nodeName?: string
  readonly message: string
}

/** One Failure UNPROCESSABLE out of everything that keeps a flow from running. */
export function cannotRun(problems: readonly Problem[]): Failure {
  const shown = problems.slice(0, 5).map(({ message }) => message)
  const more = problems.length > 5 ? ` There are ${problems.length - 5} more.` : ''
  return new Failure('UNPROCESSABLE', shown.join(' ') + more)
}

/** The nodes of a kind that is not known here, each with the nearest name that is. */
export function unknownNodes(nodes: Iterable<FlowNode>): Problem[] {
  const strangers = [...nodes].filter(({ name }) => findNode(name) === undefined)
  return strangers.map((node) => {
    const near = suggestNode(node.name)
    const hint = near === undefined ? '' : ` The nearest known type is ${near}.`
    return {
      code: 'unknown-node',
      nodeId: node.id,
      nodeName: node.name,
      message: `This server cannot run the node ${nodeTitle(node)} of type ${node.name}.${hint}`,
    }
  })
}
