import { loadEngine } from '../chatflows/engine.ts'
import { ownerOf } from '../chatflows/owner.ts'
import { flowPorts } from '../chatflows/ports.ts'
import type { Ctx } from '../context.ts'
import { Failure } from '../core/errors.ts'
import { startWatch } from '../core/watch.ts'
import { createTally } from '../engine/model/usage.ts'
import type { Emit } from '../engine/node/events.ts'
import type { Ports } from '../engine/node/ports.ts'
import type { FlowResult } from '../engine/node/result.ts'
import type { NewRun } from '../platform/runs.ts'
import { createVectorPort } from '../vectors/store.ts'
import { discretionFor } from './discretion.ts'
import { measureRun } from './measure.ts'
import type { Prepared } from './prepare.ts'
import { recall, type Conversation } from './recall.ts'
import { createRecorder } from './record.ts'
import { createResumption, type Resumption } from './resumption.ts'

/** The answer of a flow. */
export interface Prediction extends Omit<FlowResult, 'followUpPrompts'> {
  readonly question: string | null
  readonly chatId: string
  readonly chatMessageId: string
  readonly executionId: string | null
  readonly isStreamValid: boolean
  /** JSON text of a list: clients of the chat read it as such. */
  readonly followUpPrompts: string | null
}

const runTimeoutMs = 300_000

/**
 * Runs a prepared prediction and stores question and answer once it succeeded; of a run that failed
 * or was cut off, its record alone. Throws RATE_LIMITED when too much runs already, UNPROCESSABLE for
 * a flow that cannot run, UPSTREAM, TIMEOUT, CONFLICT for one that was aborted.
 */
export async function perform(
  ctx: Ctx,
  prepared: Prepared,
  reader: { emit: Emit; signal?: AbortSignal },
): Promise<Prediction> {
  const { stored, flow, input } = prepared
  const { chatId } = input
  const run = ctx.deps.runs.begin(newRun(ctx, prepared))
  const conversation = { flow: stored, chatId }
  const resumption = createResumption(ctx, conversation)
  const recorder = createRecorder(ctx, prepared, resumption)
  const measure = measureRun(ctx.deps)
  const tally = createTally()
  const discretion = discretionFor(ctx, prepared.demandedId)
  const watch = startWatch(
    [run.signal, ctx.request.signal, ...(reader.signal ? [reader.signal] : [])],
    {
      ms: runTimeoutMs,
      late: () => new Failure('TIMEOUT', 'The flow did not finish in time.'),
    },
  )
  const { signal } = watch
  try {
    const { runFlow } = await loadEngine()
    const result = await runFlow({
      flow,
      input,
      ports: portsOf(ctx, conversation, resumption),
      signal,
      emit: (event) => {
        recorder.observe(event)
        reader.emit(discretion.event(event))
      },
      spend: tally.spend,
      miss: (err) => ctx.deps.log.warn({ err, requestId: ctx.request.id }, 'no follow-up prompts'),
    })
    const executionId = await recorder.succeeded(result)
    measure('OK', tally.total())
    return { ...tellResult(prepared, discretion.result(result)), executionId }
  } catch (error) {
    measure(error instanceof Failure ? error.code : 'INTERNAL', tally.total())
    await recorder.failed(error, { usage: tally.total(), signal })
    throw error
  } finally {
    watch.stop()
    run.end()
  }
}

function newRun(ctx: Ctx, { stored, input }: Prepared): NewRun {
  return {
    name: runName(ctx, stored.id, input.chatId),
    workspaceId: stored.workspaceId,
    isAnonymous: ctx.caller.kind === 'anonymous',
  }
}

function portsOf(ctx: Ctx, conversation: Conversation, { savedRun }: Resumption): Ports {
  const { flow, chatId } = conversation
  return {
    ...flowPorts(ctx, flow.workspaceId),
    history: (sessionId) => recall(ctx, conversation, sessionId),
    savedRun,
    vectors: createVectorPort(ctx.deps, flow.workspaceId, { owner: ownerOf(ctx), chatId }),
  }
}

function tellResult(
  { input, chatMessageId, streams }: Prepared,
  { followUpPrompts, ...told }: FlowResult,
): Omit<Prediction, 'executionId'> {
  return {
    ...told,
    question: input.question ?? null,
    chatId: input.chatId,
    chatMessageId,
    followUpPrompts: followUpPrompts === undefined ? null : JSON.stringify(followUpPrompts),
    isStreamValid: streams,
  }
}

/** What a run is known by to those who may abort it: the conversation and whose it is. */
export function runName(ctx: Ctx, flowId: string, chatId: string): string {
  return `${flowId} ${ownerOf(ctx)} ${chatId}`
}
