import type { QuickJSContext, QuickJSHandle } from 'quickjs-emscripten-core'
import type { RunOperations } from './guest/border.ts'
import type { Ending } from './messages.ts'
import { operations } from './operations.ts'
import { groups } from './prelude.ts'
import type { Requests } from './requests.ts'
import { thrownEnding, valueEnding } from './result.ts'

/** What a run leaves behind in its thread: lines of its console, and how it ended. */
export interface Trace {
  readonly logs: string[]
  ending: Ending | undefined
}

type Operation = (input: never) => unknown

/** Characters of one text across the border; more would fill the thread's own memory. */
const maxCrossing = 16 * 1024 * 1024
const maxLines = 100
const lineLost = '(further lines are not kept)'

/** The function by which the sandbox reaches its thread: JSON in, JSON out, and it never throws. */
export function createHost(
  context: QuickJSContext,
  run: { readonly trace: Trace; readonly requests: Requests; readonly maxResultBytes: number },
): QuickJSHandle {
  const { trace, requests, maxResultBytes } = run
  const ofRun: RunOperations = {
    log(line) {
      if (trace.logs.length < maxLines) trace.logs.push(line)
      else trace.logs[maxLines] = lineLost
    },
    end(json) {
      trace.ending ??= valueEnding(json, maxResultBytes)
    },
    fail(error) {
      trace.ending ??= thrownEnding(error)
    },
    group: (name) => groups[name] ?? '',
    fetch: requests.open,
    body: requests.body,
  }
  const table = new Map<string, Operation>(Object.entries({ ...operations, ...ofRun }))
  return context.newFunction('host', (operation, input) => {
    const answer = perform(table.get(textOf(context, operation)), textOf(context, input))
    return context.newString(answer)
  })
}

function perform(operation: Operation | undefined, input: string): string {
  try {
    if (operation === undefined) throw new TypeError('There is no such operation.')
    const value = operation(JSON.parse(input) as never)
    return JSON.stringify({ value: value ?? null })
  } catch (error) {
    const { name, message } = error instanceof Error ? error : new Error(String(error))
    return JSON.stringify({ error: { name, message } })
  }
}

function textOf(context: QuickJSContext, handle: QuickJSHandle): string {
  const length = context.getProp(handle, 'length').consume((value) => context.getNumber(value))
  if (length > maxCrossing) throw new RangeError('A text is too long to leave the sandbox.')
  return context.getString(handle)
}
