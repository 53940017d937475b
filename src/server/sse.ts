import { jsonAnswer, type Answer } from '../rest/answer.ts'
import type { RunStream, StreamedEvent } from '../rest/stream.ts'
import type { MakeContext } from './contexts.ts'
import type { Exchange } from './exchange.ts'

const heartbeatMs = 15_000
const headers = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-cache, no-store',
  // Proxies such as nginx would hold the answer back until it is complete.
  'x-accel-buffering': 'no',
}

/** Whether a prediction asks to be answered piece by piece. */
export function asksToStream({ payload }: Exchange): boolean {
  return payload['streaming'] === true || payload['streaming'] === 'true'
}

/**
 * Answers a prediction as server-sent events, one JSON object a frame; a flow that cannot stream, as
 * ordinary JSON. What is refused before the first event is thrown, for an ordinary error body.
 */
export async function streamedAnswer(
  exchange: Exchange,
  run: RunStream,
  makeContext: MakeContext,
): Promise<Answer> {
  const ctx = await makeContext(exchange, exchange.headers.authorization ?? null)
  const { params = {} } = exchange.found ?? {}
  const source = { params, query: null, body: exchange.payload }
  const events = (await run(ctx, source))[Symbol.asyncIterator]()
  const first = await events.next()
  if (!first.done && first.value.event === 'result') return jsonAnswer(first.value.data)
  return { status: 200, headers, body: streamOf(first, events) }
}

/** Pulled by the reader, so that a slow one holds the run's events back and a gone one ends it. */
function streamOf(
  first: IteratorResult<StreamedEvent>,
  events: AsyncIterator<StreamedEvent>,
): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder()
  const frames = bundled(first, events)
  let heartbeat: NodeJS.Timeout | undefined
  return new ReadableStream<Uint8Array>({
    start(controller) {
      heartbeat = setInterval(() => {
        if ((controller.desiredSize ?? 0) > 0) controller.enqueue(encoder.encode(': \n\n'))
      }, heartbeatMs)
      heartbeat.unref()
    },
    async pull(controller) {
      try {
        const { done, value } = await frames.next()
        if (!done) return controller.enqueue(encoder.encode(value))
      } catch (error) {
        clearInterval(heartbeat)
        throw error
      }
      clearInterval(heartbeat)
      controller.close()
    },
    async cancel() {
      clearInterval(heartbeat)
      await events.return?.()
    },
  })
}

/** In characters: what is told without a pause is not to be gathered without end. */
const fullPacket = 65_536

/** The frames of what is told in one turn of the event loop together: a packet for many tokens. */
async function* bundled(
  first: IteratorResult<StreamedEvent>,
  events: AsyncIterator<StreamedEvent>,
): AsyncGenerator<string> {
  let told = first
  while (!told.done) {
    let frames = frameOf(told.value)
    const turn = endOfTurn()
    let next = events.next()
    for (;;) {
      // What fails is thrown below, once what was told before is out.
      const more = await Promise.race([next, turn]).catch(() => undefined)
      if (more === undefined || more.done === true || frames.length > fullPacket) break
      frames += frameOf(more.value)
      next = events.next()
    }
    yield frames
    told = await next
  }
}

function endOfTurn(): Promise<undefined> {
  return new Promise((resolve) => {
    setImmediate(resolve, undefined)
  })
}

function frameOf({ event, data, duration }: StreamedEvent): string {
  return `data:${JSON.stringify({ event, data, ...(duration == null ? {} : { duration }) })}\n\n`
}
