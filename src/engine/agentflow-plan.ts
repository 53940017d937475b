import { nodeTitle, type Flow, type FlowNode } from './flow.ts'
import { predecessors } from './graph.ts'
import { findNode } from './nodes/index.ts'
import { unknownNodes, type Problem } from './plan.ts'

/** An edge as a run follows it: only when its branch is taken. */
export interface Way {
  readonly target: string
  /** Index of the output it leaves from; matters for deciding nodes only. */
  readonly branch: number
}

/** What has to have delivered before a node runs. */
export interface Requirement {
  /** Every one of these. */
  readonly all: readonly string[]
  /** Of each group, at least one: its members stand on branches of the same decision. */
  readonly groups: readonly (readonly string[])[]
}

export type AgentflowPlan =
  | {
      readonly ok: true
      readonly start: FlowNode
      readonly ways: ReadonlyMap<string, readonly Way[]>
      readonly requirements: ReadonlyMap<string, Requirement>
    }
  | { readonly ok: false; readonly problems: readonly Problem[] }

/** Decides where an agentflow starts and what waits for what, or says why it cannot run. */
export function planAgentflow(
  flow: Flow,
  decides: (node: FlowNode) => boolean = (node) => findNode(node.name)?.decides === true,
): AgentflowPlan {
  const before = predecessors(flow)
  const nodes = [...flow.nodes.values()]
  const unknown = unknownNodes(nodes)
  if (unknown.length > 0) return { ok: false, problems: unknown }
  const starts = nodes.filter(
    ({ id, parent }) => before.get(id)?.length === 0 && parent === undefined,
  )
  const [start] = starts
  if (start === undefined || starts.length > 1) {
    return { ok: false, problems: [startProblem(starts)] }
  }
  const ways = new Map(nodes.map(({ id }) => [id, waysFrom(flow, id)]))
  const decisionOver = (id: string): string | undefined => {
    // The nearest decision on the way back along first parents; a loop ends the search.
    const seen = new Set<string>()
    for (let at: string | undefined = id; at !== undefined && !seen.has(at);) {
      const node = flow.nodes.get(at)
      if (node !== undefined && decides(node)) return at
      seen.add(at)
      at = before.get(at)?.[0]
    }
    return undefined
  }
  const requirements = new Map(
    nodes.map(({ id }) => [id, requirementOf(before.get(id) ?? [], decisionOver)]),
  )
  return { ok: true, start, ways, requirements }
}

function requirementOf(
  parents: readonly string[],
  decisionOver: (id: string) => string | undefined,
): Requirement {
  const byDecision = Map.groupBy(parents, decisionOver)
  const all = byDecision.get(undefined) ?? []
  byDecision.delete(undefined)
  return { all, groups: [...byDecision.values()] }
}

function waysFrom(flow: Flow, id: string): readonly Way[] {
  return flow.edges
    .filter(({ source, target }) => source === id && flow.nodes.has(target))
    .map(({ target, sourceHandle }) => {
      const index = /-output-(\d+)$/.exec(sourceHandle)?.[1]
      return { target, branch: Number(index ?? 0) }
    })
}

function startProblem(starts: readonly FlowNode[]): Problem {
  const found = starts.length === 0 ? 'none' : starts.map(nodeTitle).join(', ')
  return {
    code: 'no-start',
    message: `An agentflow needs exactly one node that nothing leads to; found ${found}.`,
  }
}
