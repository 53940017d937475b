import type { Ctx } from '../context.ts'
import { Failure } from '../core/errors.ts'
import { createEventQueue, type EventQueue, type Told } from '../core/event-queue.ts'
import { sentenceOf } from './ending.ts'
import { watchCaller } from './vigil.ts'

/** How work tells what happens, and hears that nobody listens any more. */
export interface Teller {
  emit(this: void, event: Told): void
  readonly signal: AbortSignal
}

/**
 * Does work in the hearing of the caller, and yields what it tells: its events, then those it
 * answers, then `end`; a failure on the way becomes `error` and `end`. Whatever fails before the
 * first event is thrown. Ending the iteration early aborts the work, and so does the end of the
 * caller's rights.
 */
export async function tellWhile(
  ctx: Ctx,
  work: (teller: Teller) => Promise<readonly Told[]>,
): Promise<AsyncGenerator<Told>> {
  const reader = new AbortController()
  const queue = createEventQueue(() => {
    reader.abort(new Failure('CONFLICT', 'The answer was not read in time.'))
  })
  const unwatch = watchCaller(ctx, () => {
    reader.abort(new Failure('UNAUTHENTICATED', 'Your rights ended while the flow ran.'))
  })
  const told = tell(ctx, queue, () => work({ emit: queue.push, signal: reader.signal }))
  const finished = told.finally(unwatch)
  await Promise.race([queue.begun, finished])
  return queue.events(() => reader.abort(new Failure('CONFLICT', 'The client went away.')))
}

/** Rejects only for a failure before anything was told. */
async function tell(
  ctx: Ctx,
  queue: EventQueue,
  work: () => Promise<readonly Told[]>,
): Promise<void> {
  try {
    for (const event of await work()) queue.push(event)
  } catch (error) {
    if (queue.isEmpty()) throw error
    queue.push({ event: 'error', data: loggedSentence(ctx, error) })
  }
  queue.push({ event: 'end', data: '[DONE]' })
  queue.end()
}

function loggedSentence(ctx: Ctx, error: unknown): string {
  if (!(error instanceof Failure)) {
    ctx.deps.log.error({ err: error, requestId: ctx.request.id }, 'a streamed run broke')
  }
  return sentenceOf(error)
}
