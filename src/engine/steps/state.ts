import type { Output, State, StepContext } from '../node/step.ts'
import { isRecord, isSafeKey, parseJson } from '../text/paths.ts'

/**
 * The state after a node's "update state" rows, in which `{{ output }}` means the node's result;
 * as it was when the node has no such rows.
 */
export async function updatedState(
  name: string,
  output: Output,
  context: StepContext,
): Promise<State> {
  const settled = await context.settle(name, output)
  const parsed = typeof settled === 'string' ? parseJson(settled) : settled
  const rows = Array.isArray(parsed) ? parsed.filter(isRecord) : []
  const changes = rows.flatMap(({ key, value }) => (isStateKey(key) ? [[key, value]] : []))
  return { ...context.state, ...(Object.fromEntries(changes) as State) }
}

export function isStateKey(key: unknown): key is string {
  return typeof key === 'string' && key !== '' && isSafeKey(key)
}
