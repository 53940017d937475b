import { onceForEach } from '../core/once-for-each.ts'
import { planAgentflow, unknownIn } from './agentflow/plan.ts'
import { planChatflow } from './chatflow/plan.ts'
import type { Flow, FlowNode } from './flow/flow.ts'
import { dependencies } from './flow/graph.ts'
import { findNode } from './nodes/index.ts'
import type { Problem } from './run/problems.ts'
import { planTeam } from './team/plan.ts'

const plans = { agentflow: planAgentflow, chatflow: planChatflow, team: planTeam } as const

/** Everything that keeps a flow from running, known ahead of time; an empty flow has none. */
export function validateFlow(flow: Flow): readonly Problem[] {
  if (flow.kind === 'empty') return []
  const plan = plans[flow.kind](flow)
  const strangers = unknownIn([...flow.nodes.values()])
  const found = plan.ok ? strangers : [...plan.problems, ...strangers]
  const known = new Set<string>()
  return found.filter(({ message }) => !known.has(message) && known.add(message))
}

/** Whether a run can answer piece by piece; a flow that cannot run cannot. */
export const isStreamable = onceForEach((flow: Flow): boolean => {
  if (flow.kind !== 'chatflow') return flow.kind !== 'empty'
  const plan = planChatflow(flow)
  if (!plan.ok || findNode(plan.ending.name)?.answersWhole === true) return false
  const ids = dependencies(flow).get(plan.ending.id) ?? []
  const direct = ids.flatMap((id) => flow.nodes.get(id) ?? [])
  // What a parser reads has to be complete first.
  if (ofCategory('Output Parsers', direct).length > 0) return false
  const own = ofCategory('Chat Models', direct)
  const isEngine = ofCategory('Engine', [plan.ending]).length > 0
  // An engine may answer with the model of its store.
  const models = own.length === 0 && isEngine ? ofCategory('Chat Models', plan.steps) : own
  return models.length > 0 && models.every(({ inputs }) => !isOff(inputs['streaming']))
})

function ofCategory(category: string, nodes: readonly FlowNode[]): readonly FlowNode[] {
  return nodes.filter(({ name }) => findNode(name)?.category === category)
}

/** A switch as the canvas stores it. */
function isOff(value: unknown): boolean {
  return value === false || value === 'false'
}
