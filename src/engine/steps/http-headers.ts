import { Failure } from '../../core/errors.ts'
import { nodeTitle } from '../flow/flow.ts'
import type { StepContext } from '../node/step.ts'

/** What the connection itself says; who draws it would send a request that is none. */
const ofTheConnection = /^(?:host|content-length|transfer-encoding|connection|upgrade|expect)$/i

/** The headers of a request. @throws Failure UNPROCESSABLE naming one that cannot be sent. */
export function headersOf(pairs: readonly [string, string][], { node }: StepContext): Headers {
  const headers = new Headers()
  for (const [name, value] of pairs) {
    if (ofTheConnection.test(name)) continue
    try {
      headers.set(name, value)
    } catch {
      const sentence = `The node ${nodeTitle(node)} cannot run: the name or the value of its header "${name}" cannot be sent.`
      throw new Failure('UNPROCESSABLE', sentence)
    }
  }
  return headers
}

/** Of three kinds of credential, told apart by their fields. */
export async function authorization(context: StepContext): Promise<readonly [string, string][]> {
  const { basicAuthUsername, basicAuthPassword, token, key, value } = await context.credential()
  if (basicAuthUsername || basicAuthPassword) {
    const pair = Buffer.from(`${basicAuthUsername ?? ''}:${basicAuthPassword ?? ''}`)
    return [['authorization', `Basic ${pair.toString('base64')}`]]
  }
  if (token) return [['authorization', `Bearer ${token}`]]
  return key && value ? [[key, value]] : []
}
