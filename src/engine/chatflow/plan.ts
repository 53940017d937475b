import { onceForEach } from '../../core/once-for-each.ts'
import type { Flow, FlowNode } from '../flow/flow.ts'
import { nodeTitle } from '../flow/flow.ts'
import { dependencies, orderFrom, successors } from '../flow/graph.ts'
import { findNode } from '../nodes/index.ts'
import { unknownNodes, type Problem } from '../run/problems.ts'

/** How a chatflow runs: the sub-graph that its ending node needs, in an order that works. */
export type ChatflowPlan =
  | { readonly ok: true; readonly ending: FlowNode; readonly steps: readonly FlowNode[] }
  | { readonly ok: false; readonly problems: readonly Problem[] }

/** Where a chatflow may end; the canvas writes the category into every node. */
const endingCategories = new Set([
  'Chains',
  'Agents',
  'Engine',
  'Multi Agents',
  'Sequential Agents',
])

/** Decides how a chatflow runs, or says why it does not. */
export const planChatflow = onceForEach((flow: Flow): ChatflowPlan => {
  const ending = endingNode(flow)
  if (ending === undefined) {
    const unknown = unknownNodes(flow.nodes.values())
    return { ok: false, problems: unknown.length > 0 ? unknown : [noEnding] }
  }
  const walk = orderFrom(ending.id, dependencies(flow))
  const ids = 'order' in walk ? walk.order : walk.circle
  const steps = ids.flatMap((id) => flow.nodes.get(id) ?? [])
  const unknown = unknownNodes(steps)
  if (unknown.length > 0) return { ok: false, problems: unknown }
  if ('circle' in walk) return { ok: false, problems: [circleProblem(steps)] }
  return { ok: true, ending, steps }
})

const noEnding: Problem = {
  code: 'no-ending',
  message: 'This flow has no ending: it needs a chain, an agent or an engine that nothing follows.',
}

/** Of several endings the one that needs most nodes; of equals the last drawn. */
function endingNode(flow: Flow): FlowNode | undefined {
  const next = successors(flow)
  const needs = dependencies(flow)
  const alone = flow.nodes.size === 1
  const endings = [...flow.nodes.values()].filter((node) => {
    const isLast = next.get(node.id)?.length === 0
    const isConnected = alone || (needs.get(node.id)?.length ?? 0) > 0
    return isLast && isConnected && mayEnd(node)
  })
  const depths = endings.map((node) => {
    const walk = orderFrom(node.id, needs)
    return { node, size: 'order' in walk ? walk.order.length : 0 }
  })
  return depths.reduce<(typeof depths)[number] | undefined>(
    (best, at) => (best === undefined || at.size >= best.size ? at : best),
    undefined,
  )?.node
}

function mayEnd(node: FlowNode): boolean {
  const category = node.category === '' ? findNode(node.name)?.category : node.category
  return node.output === 'EndingNode' || endingCategories.has(category ?? '')
}

function circleProblem(nodes: readonly FlowNode[]): Problem {
  const names = nodes.map(nodeTitle).join(', ')
  return { code: 'circle', message: `These nodes wait for each other in a circle: ${names}.` }
}
