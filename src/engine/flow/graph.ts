import { onceForEach } from '../../core/once-for-each.ts'
import type { Flow, FlowNode } from './flow.ts'

/** Node id to the ids it needs, or leads to. */
export type Links = ReadonlyMap<string, readonly string[]>

/** Ids of the nodes that lead to each node by an edge. */
export function predecessors(flow: Flow): Links {
  return linksOf(
    flow,
    flow.edges.map(({ source, target }) => [target, source] as const),
  )
}

/** Ids of the nodes that each node leads to by an edge. */
export function successors(flow: Flow): Links {
  return linksOf(
    flow,
    flow.edges.map(({ source, target }) => [source, target] as const),
  )
}

/**
 * Ids that each node needs before it can run: by an edge, or by a `{{id.data.instance}}` in its
 * inputs. The latter decides what is built; a flow made by hand may have it without the edge.
 */
export const dependencies = onceForEach((flow: Flow): Links => {
  const byEdge = flow.edges.map(({ source, target }) => [target, source] as const)
  const byText = [...flow.nodes.values()].flatMap((node) =>
    referredIds(node).map((id) => [node.id, id] as const),
  )
  return linksOf(flow, [...byEdge, ...byText, ...byVariable(flow)])
})

/** Who gets a variable needs the nodes that set it. */
function byVariable(flow: Flow): (readonly [string, string])[] {
  const nodes = [...flow.nodes.values()]
  const setters = nodes.filter(({ name }) => name === 'setVariable')
  const getters = nodes.filter(({ name }) => name === 'getVariable')
  return getters.flatMap(({ id, inputs }) =>
    setters
      .filter((setter) => setter.inputs['variableName'] === inputs['variableName'])
      .map((setter) => [id, setter.id] as const),
  )
}

/**
 * Everything `start` reaches through `links`, itself last, what it needs first.
 * Answers the ids of a circle instead, when there is one.
 */
export function orderFrom(
  start: string,
  links: Links,
): { readonly order: readonly string[] } | { readonly circle: readonly string[] } {
  const order: string[] = []
  const state = new Map<string, 'open' | 'done'>()
  // An explicit stack: a flow may be deeper than the call stack.
  const stack = [{ id: start, next: 0 }]
  state.set(start, 'open')
  for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
    const child = links.get(top.id)?.[top.next]
    top.next += 1
    if (child === undefined) {
      state.set(top.id, 'done')
      order.push(top.id)
      stack.pop()
    } else if (state.get(child) === 'open') {
      const ids = stack.map(({ id }) => id)
      return { circle: ids.slice(ids.indexOf(child)) }
    } else if (!state.has(child)) {
      state.set(child, 'open')
      stack.push({ id: child, next: 0 })
    }
  }
  return { order }
}

function linksOf(flow: Flow, pairs: readonly (readonly [string, string])[]): Links {
  const links = new Map<string, string[]>([...flow.nodes.keys()].map((id) => [id, []]))
  for (const [from, to] of pairs) {
    const known = links.get(from)
    if (known !== undefined && flow.nodes.has(to) && !known.includes(to)) known.push(to)
  }
  return links
}

function referredIds(node: FlowNode): string[] {
  const text = JSON.stringify(node.inputs)
  return [...text.matchAll(/\{\{([^{}.]+)\.data\.instance/g)].map(([, id = '']) => id)
}
