import { tellWhile } from '../chatflows/telling.ts'
import type { Ctx } from '../context.ts'
import type { Told } from '../core/event-queue.ts'
import type { PredictionInput } from './input.ts'
import { prepare } from './prepare.ts'
import { perform, type Prediction } from './run.ts'

/**
 * Runs the flow that the caller was admitted to and yields its answer piece by piece, as
 * `tellWhile` does: the events of the run, then `metadata` and `end`. A flow that cannot stream
 * yields one `result`.
 */
export async function streamPrediction(
  ctx: Ctx,
  input: PredictionInput,
): Promise<AsyncGenerator<Told>> {
  const prepared = await prepare(ctx, { ...input, streaming: true })
  if (prepared.streams) {
    return tellWhile(ctx, async (teller) => {
      const prediction = await perform(ctx, prepared, teller)
      return [{ event: 'metadata', data: metadataOf(prediction) }]
    })
  }
  return once(await perform(ctx, prepared, { emit: () => undefined }))
}

async function* once(prediction: Prediction): AsyncGenerator<Told> {
  yield { event: 'result', data: prediction }
}

const metadataKeys = [
  'chatId',
  'chatMessageId',
  'executionId',
  'question',
  'sessionId',
  'memoryType',
  'followUpPrompts',
  'flowVariables',
  'action',
] as const

function metadataOf(prediction: Prediction): Record<string, unknown> {
  const told = metadataKeys.map((key) => [key, prediction[key]] as const)
  return Object.fromEntries(told.filter(([, value]) => value != null))
}
