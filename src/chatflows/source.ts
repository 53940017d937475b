import type { FlowSource } from '../engine/flow/flow.ts'
import type { ChatflowView } from './view.ts'

/** A stored flow as the engine takes it. */
export function flowSource({ id, flowData, apiConfig, followUpPrompts }: ChatflowView): FlowSource {
  return { id, flowData, apiConfig: apiConfig ?? null, followUpPrompts: followUpPrompts ?? null }
}
