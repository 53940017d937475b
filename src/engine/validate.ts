import { planAgentflow } from './agentflow-plan.ts'
import type { Flow } from './flow.ts'
import { findNode } from './nodes/index.ts'
import { planChatflow, unknownNodes, type Problem } from './plan.ts'

/** Everything that keeps a flow from running, known ahead of time; an empty flow has none. */
export function validateFlow(flow: Flow): readonly Problem[] {
  if (flow.kind === 'empty') return []
  const plan = flow.kind === 'agentflow' ? planAgentflow(flow) : planChatflow(flow)
  const strangers = unknownNodes(flow.nodes.values())
  const found = plan.ok ? strangers : [...plan.problems, ...strangers]
  const known = new Set<string>()
  return found.filter(({ message }) => !known.has(message) && known.add(message))
}

/** Whether a run can answer piece by piece; a flow that cannot run cannot. */
export function isStreamable(flow: Flow): boolean {
  if (flow.kind !== 'chatflow') return flow.kind === 'agentflow'
  const plan = planChatflow(flow)
  if (!plan.ok) return false
  const models = plan.steps.filter(({ name }) => findNode(name)?.category === 'Chat Models')
  return models.length > 0 && models.every(({ inputs }) => inputs['streaming'] !== false)
}
