import type { QuickJSContext, QuickJSHandle, VmCallResult } from 'quickjs-emscripten-core'
import type { ErrorText } from './guest/border.ts'
import type { Driver } from './guest/driver.ts'
import { createHost, type Trace } from './host.ts'
import type { Machine } from './machine.ts'
import type { Ending, RunMessage } from './messages.ts'
import { prelude } from './prelude.ts'
import type { Requests } from './requests.ts'
import { thrownEnding } from './result.ts'

type Call = (name: keyof Driver, ...args: readonly QuickJSHandle[]) => QuickJSHandle

/** An error that QuickJS handed out, already made an ending. */
class Thrown extends Error {
  readonly ending: Ending

  constructor(ending: Ending) {
    super('The code in the sandbox failed.')
    this.ending = ending
  }
}

/** Jobs between two looks at the clock: an endless chain of promises calls no interrupt handler. */
const slice = 64
/** A machine this near to its cap has run out of memory, whatever else it says. */
const nearlyFull = 0.9

/** Runs one body of code in a machine nobody used before. Never throws; see `Ending`. */
export async function execute(
  machine: Machine,
  job: RunMessage,
  requests: Requests,
): Promise<Ending> {
  const trace: Trace = { logs: [], ending: undefined }
  const deadline = performance.now() + job.limitMs
  const isLate = (): boolean => performance.now() >= deadline
  machine.context.runtime.setInterruptHandler(isLate)
  const ended = await live({ context: machine.context, job, requests, trace, deadline }).catch(
    (error: unknown): Ending =>
      error instanceof Thrown ? error.ending : { kind: 'broken', message: String(error) },
  )
  if (ended.kind === 'value') return { ...ended, logs: trace.logs }
  if (isLate()) return { kind: 'timeout' }
  const full = machine.used() > job.memoryBytes * nearlyFull
  return full && ended.kind !== 'thrown' ? { kind: 'memory' } : ended
}

interface Life {
  readonly context: QuickJSContext
  readonly job: RunMessage
  readonly requests: Requests
  readonly trace: Trace
  readonly deadline: number
}

async function live(life: Life): Promise<Ending> {
  const { context, requests, trace, deadline } = life
  const call = furnish(life)
  for (;;) {
    drain(life)
    if (trace.ending !== undefined) return trace.ending
    const left = deadline - performance.now()
    if (left <= 0) return { kind: 'timeout' }
    const arrivals = requests.arrivals()
    for (const { id, json, error } of arrivals) {
      call('settle', context.newNumber(id), context.newString(json), context.newString(error))
    }
    const next = context.getNumber(call('tick'))
    if (next === 0 || arrivals.length > 0) continue
    if (next < 0 && requests.pending() === 0) return { kind: 'stuck' }
    await requests.wait(next < 0 ? left : Math.min(next, left))
  }
}

/** Furnishes the realm and starts the user's function; returns the way to call the driver. */
function furnish({ context, job, requests, trace }: Life): Call {
  const check = (result: VmCallResult<QuickJSHandle>): QuickJSHandle => valueOf(context, result)
  const host = createHost(context, { trace, requests, maxResultBytes: job.maxResultBytes })
  const setUp = check(context.evalCode(prelude, 'prelude.js', { type: 'global' }))
  const driver = check(context.callFunction(setUp, context.undefined, host))
  const call: Call = (name, ...args) =>
    check(context.callFunction(context.getProp(driver, name), context.undefined, [...args]))

  const names = JSON.stringify(job.names)
  call('define', context.newString(names), context.newString(job.variables))
  // On one line with the code's first, so that lines are counted as the user counts them.
  const source = `(async function () {${job.code}\n})`
  call('start', check(context.evalCode(source, 'code.js', { type: 'global' })))
  return call
}

function drain({ context, trace, deadline }: Life): void {
  const { runtime } = context
  while (runtime.hasPendingJob() && trace.ending === undefined && performance.now() < deadline) {
    const result = runtime.executePendingJobs(slice)
    if (result.error) throw new Thrown(thrownEnding(readError(context, result.error)))
  }
}

function valueOf(context: QuickJSContext, result: VmCallResult<QuickJSHandle>): QuickJSHandle {
  if (result.error) throw new Thrown(thrownEnding(readError(context, result.error)))
  return result.value
}

function readError(context: QuickJSContext, error: QuickJSHandle): ErrorText {
  const text = (name: string): string => {
    const value = context.getProp(error, name)
    return context.typeof(value) === 'string' ? context.getString(value).slice(0, 10_000) : ''
  }
  return { name: text('name'), message: text('message'), stack: text('stack') }
}
