import type { FlowSource } from '../engine/flow/flow.ts'
import type { Chatflow } from './entity.ts'

/** A stored flow as the engine takes it. */
export function flowSource({ id, flowData, apiConfig, followUpPrompts }: Chatflow): FlowSource {
  return { id, flowData, apiConfig: apiConfig ?? null, followUpPrompts: followUpPrompts ?? null }
}
