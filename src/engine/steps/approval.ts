import { newId } from '../../core/ids.ts'
import type { FlowNode } from '../flow/flow.ts'
import type { Action } from '../node/human.ts'

/** The question of an agentflow's node to a person, as chat clients draw it. */
export function approvalAction(node: FlowNode, input: unknown): Action {
  return {
    id: newId(),
    mapping: { approve: 'Proceed', reject: 'Reject' },
    elements: [
      { type: 'agentflowv2-approve-button', label: 'Proceed' },
      { type: 'agentflowv2-reject-button', label: 'Reject' },
    ],
    data: { nodeId: node.id, nodeLabel: node.label, input },
  }
}
