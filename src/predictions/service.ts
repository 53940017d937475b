import type { Ctx } from '../context.ts'
import type { PredictionInput } from './input.ts'
import { prepare } from './prepare.ts'
import { perform, runName, type Prediction } from './run.ts'

/**
 * Runs the flow that the caller was admitted to, and answers when it is done. Throws BAD_REQUEST,
 * RATE_LIMITED, UNPROCESSABLE for a flow that cannot run, UPSTREAM, TIMEOUT.
 */
export async function createPrediction(ctx: Ctx, input: PredictionInput): Promise<Prediction> {
  const prepared = await prepare(ctx, input)
  return perform(ctx, prepared, { emit: () => undefined })
}

/** Aborts the caller's own runs of a conversation, on whichever instance they run. */
export async function abortPrediction(
  ctx: Ctx,
  input: { id: string; chatId: string },
): Promise<{ aborted: boolean }> {
  const id = ctx.admitted.get(input.id)?.head.id ?? input.id
  await ctx.deps.runs.abort(runName(ctx, id, input.chatId))
  return { aborted: true }
}
