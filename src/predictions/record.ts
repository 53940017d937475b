import { endingOf } from '../chatflows/ending.ts'
import { loadEngine } from '../chatflows/engine.ts'
import { ownerOf } from '../chatflows/owner.ts'
import type { Ctx } from '../context.ts'
import { Failure } from '../core/errors.ts'
import { newId } from '../core/ids.ts'
import { storable } from '../core/json.ts'
import { insertion, type Statement } from '../db/statement.ts'
import type { ExecutedNode, FlowEvent, RunStatus, TokenUsage } from '../engine/node/events.ts'
import type { FlowResult } from '../engine/node/result.ts'
import { questionOf } from '../engine/talk/question.ts'
import type { ChatMessage, Execution } from './entity.ts'
import { fileRows } from './files.ts'
import { shownPictures, type Shown } from './pictures.ts'
import type { Prepared } from './prepare.ts'
import type { Resumption } from './resumption.ts'

/** Keeps what is to be kept of one run. */
export interface Recorder {
  observe(event: FlowEvent): void
  /** Question, answer and record, all or none. Returns the record's id; null for the empty flow, which has none. */
  succeeded(result: FlowResult): Promise<string | null>
  /** The record alone. Never throws: the run's own error is the one to tell. */
  failed(
    error: unknown,
    run: { readonly usage: TokenUsage | undefined; readonly signal: AbortSignal },
  ): Promise<void>
}

export function createRecorder(ctx: Ctx, prepared: Prepared, resumption: Resumption): Recorder {
  const { stored, flow, input } = prepared
  const run: RunStart = { id: newId(), began: ctx.deps.clock.now() }
  let steps: readonly ExecutedNode[] = []
  return {
    observe(event) {
      if (event.event === 'agentFlowExecutedData') steps = event.data
    },
    async succeeded(result) {
      const executionId = flow.kind === 'empty' ? null : run.id
      const shown = shownPictures(input.uploads ?? [])
      const messages = messagesOf(ctx, prepared, { result, executionId, shown })
      const files = shown.flatMap(({ picture }) => picture ?? [])
      const place = { flow: stored, chatId: input.chatId }
      const execution = executionId && rowOf(ctx, prepared, endOf(run, result))
      const rows = [
        ...(execution ? [insertion('execution', [execution])] : []),
        insertion('chat_message', messages),
        ...fileRows(ctx, place, files),
      ]
      await writeUnlessRemoved(ctx, stored, { rows, settled: resumption.settle({ isSpent: true }) })
      return executionId
    },
    async failed(error, { usage, signal }) {
      if (flow.kind === 'empty') return
      try {
        const { sessionOf } = await loadEngine()
        const sessionId = sessionOf(flow, input)
        const told = { steps, usage: usage ?? null, ...endingOf(error, signal) }
        const execution = rowOf(ctx, prepared, { ...run, ...told, sessionId })
        await writeUnlessRemoved(ctx, stored, {
          rows: [insertion('execution', [execution])],
          settled: resumption.settle({ isSpent: steps.length > 0 }),
        })
      } catch (cause) {
        // The flow is gone, and its records with it.
        if (cause instanceof Failure && cause.code === 'NOT_FOUND') return
        ctx.deps.log.error({ err: cause, requestId: ctx.request.id }, 'a run was not recorded')
      }
    },
  }
}

interface RunStart {
  readonly id: string
  readonly began: Date
}

interface RunEnd extends RunStart {
  readonly sessionId: string
  readonly status: RunStatus
  readonly steps: readonly ExecutedNode[]
  readonly state?: FlowResult['state']
  readonly usage: TokenUsage | null
  readonly error: string | null
}

function placeOf(ctx: Ctx, { stored, input }: Prepared) {
  return {
    workspaceId: stored.workspaceId,
    chatflowid: stored.id,
    chatId: input.chatId,
    owner: ownerOf(ctx),
  }
}

function rowOf(ctx: Ctx, prepared: Prepared, end: RunEnd): Execution {
  return {
    ...placeOf(ctx, prepared),
    id: end.id,
    sessionId: end.sessionId,
    status: end.status,
    executedData: storable(end.steps),
    state: storable(end.state ?? null),
    usage: end.usage,
    error: end.error === null ? null : String(storable(end.error)),
    createdDate: end.began,
    endedDate: ctx.deps.clock.now(),
    claimedUntil: null,
  }
}

function endOf(run: RunStart, result: FlowResult): RunEnd {
  const { sessionId, status = 'FINISHED', state, agentFlowExecutedData: steps = [] } = result
  return { ...run, sessionId, status, steps, state, usage: result.usage ?? null, error: null }
}

function messagesOf(
  ctx: Ctx,
  prepared: Prepared,
  {
    result,
    executionId,
    shown,
  }: { result: FlowResult; executionId: string | null; shown: readonly Shown[] },
): ChatMessage[] {
  const message = {
    ...placeOf(ctx, prepared),
    sessionId: result.sessionId,
    memoryType: result.memoryType ?? null,
    executionId,
    leadEmail: prepared.leadEmail,
    createdDate: ctx.deps.clock.now(),
  }
  return [
    { ...message, ...asked(prepared, shown), id: prepared.questionId },
    { ...message, ...answered(result), id: prepared.chatMessageId },
  ]
}

function asked({ input }: Prepared, shown: readonly Shown[]) {
  const uploads = shown.map(({ type, name, mime }) => ({ type, name, mime }))
  return {
    role: 'userMessage' as const,
    content: questionOf(input) || decisionOf(input),
    sourceDocuments: null,
    usedTools: null,
    artifacts: null,
    action: null,
    fileUploads: uploads.length === 0 ? null : uploads,
  }
}

/** A decision's own words stand in the conversation, or else which way it went. */
function decisionOf({ humanInput }: Prepared['input']): string {
  return humanInput?.feedback || (humanInput?.type ?? '')
}

/** Models and tools say what they like: what the database cannot hold is left out. */
function answered(result: FlowResult) {
  return {
    role: 'apiMessage' as const,
    content: String(storable(result.text ?? JSON.stringify(result.json ?? ''))),
    sourceDocuments: storable(result.sourceDocuments ?? null),
    usedTools: storable(result.usedTools ?? null),
    artifacts: storable(result.artifacts ?? null),
    action: storable(result.action ?? null),
    fileUploads: null,
  }
}

/** Foreign keys refuse rows of a flow that was removed while it ran. */
async function writeUnlessRemoved(
  { deps: { database } }: Ctx,
  { id, workspaceId }: Prepared['stored'],
  { rows, settled }: { rows: readonly Statement[]; settled: readonly Statement[] },
): Promise<void> {
  // Runs of one flow share messages. What one settles is another run's record, which it locks: locks
  // of several in one message could meet those of a deletion.
  const lane = settled.length === 0 ? id : undefined
  try {
    await database.write({ workspaceId }, [...rows, ...settled], lane)
  } catch (cause) {
    if (!(cause instanceof Error && 'code' in cause && cause.code === '23503')) throw cause
    throw new Failure('NOT_FOUND', 'The chatflow was removed while it ran.', { cause })
  }
}
