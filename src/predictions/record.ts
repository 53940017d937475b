import type { SqlEntityManager } from '@mikro-orm/postgresql'
import { loadEngine } from '../chatflows/engine.ts'
import type { Ctx } from '../context.ts'
import { Failure } from '../core/errors.ts'
import { newId } from '../core/ids.ts'
import type { FlowEvent, RunStatus, TokenUsage } from '../engine/events.ts'
import type { ExecutedNode, FlowResult } from '../engine/result.ts'
import { ChatMessage, Execution } from './entity.ts'
import { ownerOf } from './owner.ts'
import type { Prepared } from './prepare.ts'

/** Keeps what is to be kept of one run. */
export interface Recorder {
  observe(event: FlowEvent): void
  /** Question, answer and record, all or none. Returns the record's id; null for the empty flow, which has none. */
  succeeded(result: FlowResult): Promise<string | null>
  /** The record alone. Never throws: the run's own error is the one to tell. */
  failed(error: unknown): Promise<void>
}

export function createRecorder(ctx: Ctx, prepared: Prepared): Recorder {
  const { stored, flow, input, chatMessageId, leadEmail } = prepared
  const began = ctx.deps.clock.now()
  const executionId = newId()
  const seen: { steps: readonly ExecutedNode[]; usage: TokenUsage | null } = {
    steps: [],
    usage: null,
  }
  const common = {
    workspaceId: stored.workspaceId,
    chatflowid: stored.id,
    chatId: input.chatId,
    owner: ownerOf(ctx),
  }
  const keepRun = (em: SqlEntityManager, end: RunEnd): void => {
    em.create(Execution, {
      ...common,
      id: executionId,
      sessionId: end.sessionId,
      status: end.status,
      executedData: end.steps,
      state: end.state ?? null,
      usage: end.usage,
      error: end.error,
      createdDate: began,
      endedDate: ctx.deps.clock.now(),
    })
  }
  const open = () => ctx.deps.database.workspaceEm({ workspaceId: stored.workspaceId })
  return {
    observe(event) {
      if (event.event === 'agentFlowExecutedData') seen.steps = event.data
      if (event.event === 'usageMetadata') seen.usage = event.data
    },
    async succeeded(result) {
      const em = open()
      const isRun = flow.kind !== 'empty'
      const message = {
        ...common,
        sessionId: result.sessionId,
        memoryType: result.memoryType ?? null,
        executionId: isRun ? executionId : null,
        leadEmail,
        createdDate: ctx.deps.clock.now(),
      }
      em.create(ChatMessage, { ...message, ...asked(prepared), id: prepared.questionId })
      em.create(ChatMessage, { ...message, ...answered(result), id: chatMessageId })
      if (isRun) {
        keepRun(em, {
          sessionId: result.sessionId,
          status: result.status ?? 'FINISHED',
          steps: result.agentFlowExecutedData ?? [],
          state: result.state,
          usage: result.usage ?? seen.usage,
          error: null,
        })
      }
      await flushUnlessRemoved(em)
      return isRun ? executionId : null
    },
    async failed(error) {
      if (flow.kind === 'empty') return
      const em = open()
      const status = isAbort(error) ? 'TERMINATED' : 'ERROR'
      const told = error instanceof Failure ? error.message : 'Something went wrong on our side.'
      const { sessionOf } = await loadEngine()
      const sessionId = sessionOf(flow, input)
      keepRun(em, { sessionId, status, ...seen, error: told })
      try {
        await em.flush()
      } catch (cause) {
        ctx.deps.log.error({ err: cause, requestId: ctx.request.id }, 'a run was not recorded')
      }
    },
  }
}

interface RunEnd {
  readonly sessionId: string
  readonly status: RunStatus
  readonly steps: readonly ExecutedNode[]
  readonly state?: FlowResult['state']
  readonly usage: TokenUsage | null
  readonly error: string | null
}

function asked({ input }: Prepared) {
  const uploads = input.uploads?.map(({ name, mime }) => ({ name, mime }))
  return {
    role: 'userMessage' as const,
    content: input.question ?? JSON.stringify(input.form ?? input.humanInput ?? ''),
    sourceDocuments: null,
    usedTools: null,
    artifacts: null,
    action: null,
    fileUploads: uploads ?? null,
  }
}

function answered(result: FlowResult) {
  return {
    role: 'apiMessage' as const,
    content: result.text ?? JSON.stringify(result.json ?? ''),
    sourceDocuments: result.sourceDocuments ?? null,
    usedTools: result.usedTools ?? null,
    artifacts: result.artifacts ?? null,
    action: result.action ?? null,
    fileUploads: null,
  }
}

function isAbort(error: unknown): boolean {
  return error instanceof Failure && (error.code === 'CONFLICT' || error.code === 'TIMEOUT')
}

/** Foreign keys refuse rows of a flow that was removed while it ran. */
async function flushUnlessRemoved(em: SqlEntityManager): Promise<void> {
  try {
    await em.flush()
  } catch (cause) {
    if (!(cause instanceof Error && 'code' in cause && cause.code === '23503')) throw cause
    throw new Failure('NOT_FOUND', 'The chatflow was removed while it ran.', { cause })
  }
}
