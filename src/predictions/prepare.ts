import { admittedFlow } from '../chatflows/admission.ts'
import type { Chatflow } from '../chatflows/entity.ts'
import { loadEngine } from '../chatflows/engine.ts'
import { flowSource } from '../chatflows/public.ts'
import type { Ctx } from '../context.ts'
import { newId } from '../core/ids.ts'
import type { Flow } from '../engine/flow.ts'
import type { RunInput } from '../engine/node.ts'
import { readRunInput, type PredictionInput } from './input.ts'
import { limitFlow } from './limit.ts'

/** A prediction that was judged sound, and has not begun. */
export interface Prepared {
  readonly stored: Chatflow
  readonly flow: Flow
  readonly input: RunInput
  readonly leadEmail: string | null
  readonly questionId: string
  readonly chatMessageId: string
  readonly streams: boolean
}

/** Throws BAD_REQUEST, RATE_LIMITED, or UNPROCESSABLE for what cannot be read as a flow. */
export async function prepare(ctx: Ctx, input: PredictionInput): Promise<Prepared> {
  const stored = await admittedFlow(ctx, input.id)
  const runInput = readRunInput(input, newId())
  await limitFlow(ctx, stored)
  const { isStreamable, parseFlow } = await loadEngine()
  const flow = parseFlow(flowSource(stored))
  // Ids sort by time: the question's comes first, as both messages get one date.
  const questionId = newId()
  const chatMessageId = newId()
  return {
    stored,
    flow,
    leadEmail: input.leadEmail ?? null,
    input: { ...runInput, apiMessageId: chatMessageId },
    questionId,
    chatMessageId,
    streams: isStreamable(flow),
  }
}
