import type { Ctx } from '../context.ts'
import { Failure } from '../core/errors.ts'
import type { FlowEvent } from '../engine/node/events.ts'
import type { PredictionInput } from './input.ts'
import { prepare, type Prepared } from './prepare.ts'
import { perform, type Prediction } from './run.ts'
import { watchCaller } from './vigil.ts'

/** A piece of an answer, as streaming clients read it. */
export interface PredictionEvent {
  readonly event: FlowEvent['event'] | 'metadata' | 'error' | 'end' | 'result'
  readonly data: unknown
  readonly duration?: number
}

/** What an unread answer may take up, as characters of JSON, before its run is cut off. */
const mostUnread = 1_000_000

/**
 * Runs the flow that the caller was admitted to and yields its answer piece by piece: the events of
 * the run, then `metadata` and `end`; a failure on the way becomes `error` and `end`. A flow that
 * cannot stream yields one `result`. Whatever fails before the first event is thrown. Ending the
 * iteration early aborts the run.
 */
export async function streamPrediction(
  ctx: Ctx,
  input: PredictionInput,
): Promise<AsyncGenerator<PredictionEvent>> {
  const prepared = await prepare(ctx, { ...input, streaming: true })
  const reader = new AbortController()
  if (!prepared.streams) {
    return once(await perform(ctx, prepared, { emit: () => undefined, signal: reader.signal }))
  }
  const queue = createQueue(() => {
    reader.abort(new Failure('CONFLICT', 'The answer was not read in time.'))
  })
  const unwatch = watchCaller(ctx, () => {
    reader.abort(new Failure('UNAUTHENTICATED', 'Your rights ended while the flow ran.'))
  })
  const finished = tell(ctx, prepared, { queue, signal: reader.signal }).finally(unwatch)
  await Promise.race([queue.begun, finished])
  return read(queue, reader)
}

async function* once(prediction: Prediction): AsyncGenerator<PredictionEvent> {
  yield { event: 'result', data: prediction }
}

/** Performs the run into the queue. Rejects only for a failure before anything was told. */
async function tell(
  ctx: Ctx,
  prepared: Prepared,
  { queue, signal }: { queue: Queue; signal: AbortSignal },
): Promise<void> {
  try {
    const prediction = await perform(ctx, prepared, { emit: queue.push, signal })
    queue.push({ event: 'metadata', data: metadataOf(prediction) })
  } catch (error) {
    if (queue.isEmpty()) throw error
    queue.push({ event: 'error', data: sentenceOf(ctx, error) })
  }
  queue.push({ event: 'end', data: '[DONE]' })
  queue.end()
}

async function* read(queue: Queue, reader: AbortController): AsyncGenerator<PredictionEvent> {
  try {
    yield* queue.events()
  } finally {
    reader.abort(new Failure('CONFLICT', 'The client went away.'))
  }
}

function metadataOf(prediction: Prediction): Record<string, unknown> {
  const { chatId, chatMessageId, executionId, question, sessionId, memoryType, action } = prediction
  const all = { chatId, chatMessageId, executionId, question, sessionId, memoryType, action }
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value != null))
}

function sentenceOf(ctx: Ctx, error: unknown): string {
  if (error instanceof Failure) return error.message
  ctx.deps.log.error({ err: error, requestId: ctx.request.id }, 'a streamed run broke')
  return 'Something went wrong on our side.'
}

interface Queue {
  push(this: void, event: PredictionEvent): void
  end(): void
  isEmpty(): boolean
  /** Resolves with the first event. */
  readonly begun: Promise<void>
  events(): AsyncGenerator<PredictionEvent>
}

/** Hands events from the run to its reader; `onFull` is called once too much of them is unread. */
function createQueue(onFull: () => void): Queue {
  const waiting: PredictionEvent[] = []
  const begun = Promise.withResolvers<void>()
  let unread = 0
  let pushed = 0
  let isOver = false
  let wake = (): void => undefined
  return {
    begun: begun.promise,
    isEmpty: () => pushed === 0,
    push(event) {
      waiting.push(event)
      pushed += 1
      unread += sizeOf(event)
      begun.resolve()
      wake()
      if (unread > mostUnread) onFull()
    },
    end() {
      isOver = true
      wake()
    },
    async *events() {
      for (;;) {
        const event = waiting.shift()
        if (event) {
          unread -= sizeOf(event)
          yield event
        } else if (isOver) return
        else await new Promise<void>((resolve) => (wake = resolve))
      }
    },
  }
}

function sizeOf(event: PredictionEvent): number {
  return typeof event.data === 'string' ? event.data.length : JSON.stringify(event.data).length
}
