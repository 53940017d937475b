import { Failure } from '../../core/errors.ts'
import { nodeTitle } from '../flow/flow.ts'
import type { NodeContext } from '../node/context.ts'

/**
 * A name that becomes a part of a host's: anything else could lead a key to another server.
 * @throws Failure UNPROCESSABLE
 */
export function hostPart(name: string, what: string, { node }: NodeContext): string {
  if (/^[a-z\d-]+$/i.test(name)) return name
  const sentence = `The node ${nodeTitle(node)} cannot run: its ${what} is no name.`
  throw new Failure('UNPROCESSABLE', sentence)
}
