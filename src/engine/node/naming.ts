import { Failure } from '../../core/errors.ts'
import { nodeTitle, type FlowNode } from '../flow/flow.ts'

/** Does something with the node's name put before what is missing, unless it is told there. */
export async function namingNode<T>(node: FlowNode, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof Failure) || error.message.includes(nodeTitle(node))) throw error
    const sentence = `The node ${nodeTitle(node)} cannot run: ${error.message}`
    throw new Failure(error.code, sentence, error.details)
  }
}
