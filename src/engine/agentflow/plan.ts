import { nodeTitle, type Flow, type FlowNode } from '../flow/flow.ts'
import { orderFrom, predecessors, successors, type Links } from '../flow/graph.ts'
import { findNode } from '../nodes/index.ts'
import { unknownNodes, type Problem } from '../run/problems.ts'
import { loopTarget } from '../steps/loop.ts'
import { agentflowPartProblems } from './parts.ts'

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
  /**
   * The groups' decisions lead to each other, so that a run may take the way of one group only:
   * once nothing else is left to run, one group is enough.
   */
  readonly isNested: boolean
}

export type AgentflowPlan =
  | {
      readonly ok: true
      readonly start: FlowNode
      readonly ways: ReadonlyMap<string, readonly Way[]>
      readonly requirements: ReadonlyMap<string, Requirement>
      /** Id of an iteration to those of its nodes that nothing inside leads to. */
      readonly inner: ReadonlyMap<string, readonly string[]>
    }
  | { readonly ok: false; readonly problems: readonly Problem[] }

/** Decides where an agentflow starts and what waits for what, or says why it cannot run. */
export function planAgentflow(
  whole: Flow,
  decides: (node: FlowNode) => boolean = (node) => findNode(node.name)?.decides === true,
): AgentflowPlan {
  const flow = withinFrames(whole)
  const before = predecessors(flow)
  const nodes = [...flow.nodes.values()]
  const first = nodes.filter(({ id }) => before.get(id)?.length === 0)
  const starts = first.filter(({ parent }) => parent === undefined)
  const [start] = starts
  if (start === undefined || starts.length > 1) {
    const unknown = unknownIn(nodes)
    return { ok: false, problems: unknown.length > 0 ? unknown : [startProblem(starts)] }
  }
  const certain = reachedAnyway(flow, [start, ...first.filter(({ parent }) => parent)], decides)
  const unknown = unknownIn(nodes.filter(({ id }) => certain.has(id)))
  if (unknown.length > 0) return { ok: false, problems: unknown }
  const problems = nodes.flatMap((node) => placeProblem(flow, node))
  if (problems.length > 0) return { ok: false, problems }
  const ways = new Map(nodes.map(({ id }) => [id, waysFrom(flow, id)]))
  const decisionOver = decisionFinder(flow, { before, decides })
  const requirements = new Map(
    nodes.map(({ id }) => [id, requirementOf(before.get(id) ?? [], { decisionOver, before })]),
  )
  const inner = Map.groupBy(
    first.flatMap(({ id, parent }) => (parent === undefined ? [] : [{ id, parent }])),
    ({ parent }) => parent,
  )
  const innerIds = [...inner].map(([id, inside]) => [id, inside.map((node) => node.id)] as const)
  return { ok: true, start, ways, requirements, inner: new Map(innerIds) }
}

/** What of these nodes this server does not know: their kinds, or kinds of their parts. */
export function unknownIn(nodes: readonly FlowNode[]): readonly Problem[] {
  return [...unknownNodes(nodes), ...nodes.flatMap(agentflowPartProblems)]
}

/**
 * Ids of the nodes that a run comes to, whatever it decides: one that this server does not know may
 * stand on a way that is not taken.
 */
function reachedAnyway(
  flow: Flow,
  starts: readonly FlowNode[],
  decides: (node: FlowNode) => boolean,
): ReadonlySet<string> {
  const next = successors(flow)
  const isFrameSure = ({ parent }: FlowNode) => parent === undefined || reached.has(parent)
  const reached = new Set<string>()
  for (const start of starts) {
    if (!isFrameSure(start)) continue
    const ids = [start.id]
    for (const id of ids) {
      const node = flow.nodes.get(id)
      if (node === undefined || reached.has(id)) continue
      reached.add(id)
      if (!decides(node)) ids.push(...(next.get(id) ?? []))
    }
  }
  return reached
}

/** Without edges that cross the border of an iteration, which nothing follows. */
function withinFrames(flow: Flow): Flow {
  const parentOf = (id: string) => flow.nodes.get(id)?.parent
  return {
    ...flow,
    edges: flow.edges.filter(({ source, target }) => parentOf(source) === parentOf(target)),
  }
}

/** The nearest decision on the way back along first parents; a circle ends the search. */
function decisionFinder(
  flow: Flow,
  { before, decides }: { readonly before: Links; readonly decides: (node: FlowNode) => boolean },
): (id: string) => string | undefined {
  return (id) => {
    const seen = new Set<string>()
    for (let at: string | undefined = id; at !== undefined && !seen.has(at);) {
      const node = flow.nodes.get(at)
      if (node !== undefined && decides(node)) return at
      seen.add(at)
      at = before.get(at)?.[0]
    }
    return undefined
  }
}

function requirementOf(
  parents: readonly string[],
  how: {
    readonly decisionOver: (id: string) => string | undefined
    readonly before: Links
  },
): Requirement {
  const byDecision = Map.groupBy(parents, how.decisionOver)
  const all = byDecision.get(undefined) ?? []
  byDecision.delete(undefined)
  const decisions = [...byDecision.keys()].filter((id) => id !== undefined)
  return { all, groups: [...byDecision.values()], isNested: areNested(decisions, how.before) }
}

/** Whether every two of these lead one to the other. */
function areNested(ids: readonly string[], before: Links): boolean {
  const reach = new Map(
    ids.map((id) => {
      const walk = orderFrom(id, before)
      return [id, new Set('order' in walk ? walk.order : walk.circle)] as const
    }),
  )
  const isPair = (a: string, b: string) =>
    reach.get(a)?.has(b) === true || reach.get(b)?.has(a) === true
  return ids.length > 1 && ids.every((a) => ids.every((b) => isPair(a, b)))
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

/** What is wrong with where a node stands. */
function placeProblem(flow: Flow, node: FlowNode): Problem[] {
  const about = { code: 'not-runnable', nodeId: node.id, nodeName: node.name } as const
  const sentence = `The node ${nodeTitle(node)} cannot run:`
  if (node.name === 'loopAgentflow') {
    const target = loopTarget(flow, node.inputs['loopBackToNode'])
    if (target === undefined || target.parent !== node.parent) {
      return [{ ...about, message: `${sentence} the node it loops back to is not there.` }]
    }
  }
  if (node.name === 'humanInputAgentflow' && node.parent !== undefined) {
    return [{ ...about, message: `${sentence} nobody can be asked inside an iteration.` }]
  }
  return []
}
