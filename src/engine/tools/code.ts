import { Failure } from '../../core/errors.ts'
import { nodeTitle } from '../flow/flow.ts'
import type { NodeContext } from '../node/context.ts'
import { parseLoose } from '../text/json.ts'
import { isSafeKey } from '../text/paths.ts'

/**
 * Runs user code in the sandbox. It sees `$vars`, `$flow`, `$input` and each value under its name
 * with a `$` before it.
 * @throws Failure naming the node, with the code's own error.
 */
export async function runUserCode(
  context: Pick<NodeContext, 'node' | 'input' | 'ports' | 'signal' | 'variables' | 'facts'>,
  code: string,
  values: Readonly<Record<string, unknown>>,
): Promise<unknown> {
  const { node, input, ports, signal } = context
  const own = Object.entries(values).filter(([name]) => /^\w+$/.test(name) && isSafeKey(name))
  const variables = {
    ...Object.fromEntries(own.map(([name, value]) => [`$${name}`, value])),
    $input: input.question ?? '',
    $vars: context.variables,
    $flow: { ...context.facts, input: input.question ?? '' },
  }
  try {
    return (await ports.runCode({ code, variables, signal })).value
  } catch (error) {
    if (!(error instanceof Failure) || signal.aborted) throw error
    throw new Failure(error.code, `The code of ${nodeTitle(node)} failed: ${error.message}`)
  }
}

/** What code returned, as text. */
export function codeText(value: unknown, indent?: number): string {
  if (typeof value === 'string') return value
  return value === undefined || value === null ? '' : JSON.stringify(value, null, indent)
}

/** What code returned, or what a text of it says: a list or an object may come as JSON. */
export function codeValue(value: unknown): unknown {
  const text = typeof value === 'string' ? value.trim() : ''
  const isJson = /^(?:\{[\s\S]*\}|\[[\s\S]*\])$/.test(text)
  return isJson ? (parseLoose(text) ?? value) : value
}

/** Values for code; an object may come as JSON there too, such as a model's answer. */
export function codeValues(values: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const isObject = (value: unknown) => typeof value === 'string' && /^\s*\{/.test(value)
  const entries = Object.entries(values).map(
    ([name, value]) => [name, isObject(value) ? codeValue(value) : value] as const,
  )
  return Object.fromEntries(entries)
}
