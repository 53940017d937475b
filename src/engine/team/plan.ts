import { nodeTitle, teamStarts, type Flow, type FlowNode } from '../flow/flow.ts'
import { dependencies, orderFrom, successors } from '../flow/graph.ts'
import { findNode } from '../nodes/index.ts'
import { unknownNodes, type Problem } from '../run/problems.ts'

export type TeamPlan =
  | {
      readonly ok: true
      readonly start: FlowNode
      /** Members and what decides between them, by id. */
      readonly members: ReadonlyMap<string, FlowNode>
      /** Ids of all that take part. */
      readonly reached: ReadonlySet<string>
    }
  | { readonly ok: false; readonly problems: readonly Problem[] }

/** Decides where a team starts and who belongs to it, or says why it cannot work. */
export function planTeam(flow: Flow): TeamPlan {
  const nodes = [...flow.nodes.values()]
  const starts = nodes.filter(({ name }) => teamStarts.has(name))
  const [start] = starts
  if (start === undefined || starts.length > 1) {
    const found = starts.map(nodeTitle).join(', ') || 'none'
    const message = `A team of agents needs exactly one start or supervisor; found ${found}.`
    return { ok: false, problems: [{ code: 'no-start', message }] }
  }
  const reached = reachedFrom(flow, start)
  const unknown = unknownNodes(nodes.filter(({ id }) => reached.has(id)))
  if (unknown.length > 0) return { ok: false, problems: unknown }
  const members = nodes.filter(({ name }) => findNode(name)?.turn !== undefined)
  return { ok: true, start, members: new Map(members.map((node) => [node.id, node])), reached }
}

/** What the start leads to, and what that needs. */
function reachedFrom(flow: Flow, start: FlowNode): ReadonlySet<string> {
  const next = successors(flow)
  const reached = new Set([start.id])
  for (const at of reached) for (const id of next.get(at) ?? []) reached.add(id)
  const needs = dependencies(flow)
  const needed = [...reached].flatMap((id) => {
    const walk = orderFrom(id, needs)
    return 'order' in walk ? walk.order : walk.circle
  })
  return new Set([...reached, ...needed])
}
