import type { Flow, FlowNode } from '../flow/flow.ts'

/**
 * The node a loop goes back to. It is stored as `<id>-<label>`; an id holds no such `-`, yet an
 * imported one may, so the longest id that fits is taken.
 */
export function loopTarget(flow: Flow, stored: unknown): FlowNode | undefined {
  if (typeof stored !== 'string') return undefined
  const fits = [...flow.nodes.values()].filter(
    ({ id }) => stored === id || stored.startsWith(`${id}-`),
  )
  return fits.sort((a, b) => b.id.length - a.id.length)[0]
}
