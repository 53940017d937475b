import type { Flow, FlowSource } from '../engine/flow/flow.ts'
import { loadEngine } from './engine.ts'
import type { ChatflowView } from './view.ts'

/** A stored flow as the engine takes it. */
export function flowSource({ id, flowData, apiConfig, followUpPrompts }: ChatflowView): FlowSource {
  return { id, flowData, apiConfig: apiConfig ?? null, followUpPrompts: followUpPrompts ?? null }
}

const parsed = new WeakMap<ChatflowView, Flow>()

/** A stored flow as the engine reads it, once for all runs of it. Throws UNPROCESSABLE. */
export async function parsedFlow(stored: ChatflowView): Promise<Flow> {
  const known = parsed.get(stored)
  if (known) return known
  const { parseFlow } = await loadEngine()
  const flow = parseFlow(flowSource(stored))
  parsed.set(stored, flow)
  return flow
}
