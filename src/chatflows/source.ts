import type { Chatflow } from './entity.ts'

/** A stored flow as the engine takes it. */
export function flowSource(flow: Chatflow): {
  id: string
  flowData: string
  apiConfig: string | null
} {
  return { id: flow.id, flowData: flow.flowData, apiConfig: flow.apiConfig ?? null }
}
