import { admittedFlow } from '../chatflows/admission.ts'
import { loadEngine } from '../chatflows/engine.ts'
import { parsedFlow } from '../chatflows/source.ts'
import type { ChatflowView } from '../chatflows/view.ts'
import type { Ctx } from '../context.ts'
import { newId } from '../core/ids.ts'
import type { Flow } from '../engine/flow/flow.ts'
import type { RunInput } from '../engine/node/run-input.ts'
import { readRunInput, type PredictionInput } from './input.ts'
import { limitFlow } from './limit.ts'
import { withContent } from './uploads.ts'

/** A prediction that was judged sound, and has not begun. */
export interface Prepared {
  readonly stored: ChatflowView
  /** The flow's id as the caller spelled it. */
  readonly demandedId: string
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
  const mayName = ctx.caller.kind !== 'anonymous'
  const { uploads, ...runInput } = readRunInput(input, { newChatId: newId(), mayName })
  await limitFlow(ctx, stored)
  const { isStreamable } = await loadEngine()
  const flow = await parsedFlow(stored)
  const place = { flow: stored, chatId: runInput.chatId }
  // Ids sort by time: the question's comes first, as both messages get one date.
  const questionId = newId()
  const chatMessageId = newId()
  return {
    stored,
    demandedId: input.id,
    flow,
    leadEmail: input.leadEmail ?? null,
    input: {
      ...runInput,
      ...(uploads && { uploads: await withContent(ctx, place, uploads) }),
      apiMessageId: chatMessageId,
    },
    questionId,
    chatMessageId,
    streams: isStreamable(flow),
  }
}
