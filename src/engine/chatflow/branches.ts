import type { Flow, FlowNode } from '../flow/flow.ts'
import { dependencies, orderFrom, successors } from '../flow/graph.ts'
import { isInstance } from '../node/instances.ts'

const decidingName = 'ifElseFunction'

/**
 * The flow without what stands behind outputs that are not taken. Each deciding node is built, the
 * first ones first, so that one behind an output not taken never runs.
 */
export async function withoutUntaken(
  flow: Flow,
  build: (node: FlowNode) => Promise<unknown>,
): Promise<Flow> {
  let left = flow
  const decided = new Set<string>()
  for (let node = nextDecision(left, decided); node; node = nextDecision(left, decided)) {
    const built = await build(node)
    decided.add(node.id)
    if (isInstance(built, 'branch')) left = pruned(left, node.id, built.taken)
  }
  return left
}

/** A decision that waits for no other. */
function nextDecision(flow: Flow, decided: ReadonlySet<string>): FlowNode | undefined {
  const open = [...flow.nodes.values()].filter(
    ({ id, name }) => name === decidingName && !decided.has(id),
  )
  if (open.length === 0) return undefined
  const needs = dependencies(flow)
  return open.find(({ id }) => {
    const walk = orderFrom(id, needs)
    const ids = 'order' in walk ? walk.order : walk.circle
    return open.every((other) => other.id === id || !ids.includes(other.id))
  })
}

function pruned(flow: Flow, id: string, taken: string): Flow {
  const isTaken = (handle: string) => handle.includes(`-output-${taken}`)
  const own = flow.edges.filter(({ source }) => source === id)
  const next = successors(flow)
  const reach = (edges: typeof own): Set<string> => {
    const seen = new Set(edges.map(({ target }) => target))
    for (const at of seen) for (const target of next.get(at) ?? []) seen.add(target)
    return seen
  }
  const kept = reach(own.filter(({ sourceHandle }) => isTaken(sourceHandle)))
  const dropped = reach(own.filter(({ sourceHandle }) => !isTaken(sourceHandle)))
  const gone = new Set([...dropped].filter((target) => !kept.has(target)))
  return {
    ...flow,
    nodes: new Map([...flow.nodes].filter(([nodeId]) => !gone.has(nodeId))),
    edges: flow.edges.filter(({ source, target }) => !gone.has(source) && !gone.has(target)),
  }
}
