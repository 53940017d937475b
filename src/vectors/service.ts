import { z } from 'zod'
import { admittedFlow } from '../chatflows/admission.ts'
import { loadEngine } from '../chatflows/engine.ts'
import type { Chatflow } from '../chatflows/entity.ts'
import { flowPorts } from '../chatflows/ports.ts'
import { flowSource } from '../chatflows/public.ts'
import { findOwn } from '../chatflows/service.ts'
import type { Ctx } from '../context.ts'
import { Failure } from '../core/errors.ts'
import { newId } from '../core/ids.ts'
import { tenantEm } from '../db/tenant.ts'
import type { Flow } from '../engine/flow/flow.ts'
import type { UpsertResult } from '../engine/node/result.ts'
import type { Upload } from '../engine/node/run-input.ts'
import { UpsertHistory } from './entity.ts'
import { settingsOf } from './history.ts'
import { createVectorPort } from './store.ts'

export interface UpsertInput {
  /** The chatflow. */
  readonly id: string
  readonly stopNodeId?: string | null | undefined
  readonly overrideConfig?: unknown
  readonly files?: readonly unknown[] | null | undefined
}

const closed = z.object({ vectorUpsert: z.object({ status: z.literal(false) }) })
const file = z.object({ name: z.string().max(255), mime: z.string().max(255), data: z.string() })
const timeoutMs = 600_000
const rowsShown = 100

/**
 * Fills the vector store of the flow that the caller was admitted to, and keeps a record of it.
 * Throws FORBIDDEN where the flow's author closed it, RATE_LIMITED when too much runs already, and
 * what `upsertFlow` throws; then nothing was written.
 */
export async function upsertVectors(ctx: Ctx, input: UpsertInput): Promise<UpsertResult> {
  const stored = await admittedFlow(ctx, input.id)
  if (closed.safeParse(JSON.parse(stored.apiConfig ?? 'null')).success) {
    throw new Failure('FORBIDDEN', 'The author of this flow has closed it to upserts.')
  }
  const { overrideConfig, files } = readInput(input)
  const { parseFlow, upsertFlow } = await loadEngine()
  const flow = parseFlow(flowSource(stored))
  const chatId = newId()
  const run = ctx.deps.runs.begin(`upsert ${stored.id} ${chatId}`, stored.workspaceId)
  try {
    const result = await upsertFlow({
      flow,
      files,
      input: { chatId, ...(overrideConfig && { overrideConfig }) },
      ports: {
        ...flowPorts(ctx, stored.workspaceId),
        history: async () => [],
        savedRun: async () => undefined,
        vectors: createVectorPort(ctx.deps, stored.workspaceId),
      },
      signal: AbortSignal.any([run.signal, ctx.request.signal, AbortSignal.timeout(timeoutMs)]),
      emit: () => undefined,
      ...(input.stopNodeId ? { stopNodeId: input.stopNodeId } : {}),
    })
    if (flow.kind !== 'empty') await keepQuietly(ctx, stored, { flow, files, result })
    return result
  } finally {
    run.end()
  }
}

/** The upserts of a flow, newest first. Throws NOT_FOUND. */
export async function listUpserts(ctx: Ctx, input: { id: string }): Promise<UpsertHistory[]> {
  const em = tenantEm(ctx)
  await findOwn(em, input.id)
  return em.find(
    UpsertHistory,
    { chatflowid: input.id },
    { orderBy: { date: 'desc', id: 'desc' }, limit: rowsShown },
  )
}

function readInput(input: UpsertInput) {
  const overrideConfig = z.record(z.string(), z.unknown()).nullish().safeParse(input.overrideConfig)
  if (!overrideConfig.success) {
    throw new Failure('BAD_REQUEST', 'overrideConfig must be a JSON object.')
  }
  const files = z.array(file).safeParse(input.files ?? [])
  if (!files.success) {
    throw new Failure('BAD_REQUEST', 'files must be a list of {name, mime, data}.')
  }
  return { overrideConfig: overrideConfig.data, files: files.data }
}

interface Done {
  readonly flow: Flow
  readonly files: readonly Upload[]
  readonly result: UpsertResult
}

/** The vectors are stored by now: a record that cannot be kept does not undo them. */
async function keepQuietly(...call: Parameters<typeof keep>): Promise<void> {
  try {
    await keep(...call)
  } catch (error) {
    const [{ deps, request }] = call
    deps.log.error({ err: error, requestId: request.id }, 'an upsert was not recorded')
  }
}

async function keep(ctx: Ctx, stored: Chatflow, { flow, files, result }: Done): Promise<void> {
  const { addedDocs: _texts, ...counts } = result
  const { workspaceId, id: chatflowid } = stored
  const { findNode } = await loadEngine()
  const em = ctx.deps.database.workspaceEm({ workspaceId })
  em.create(UpsertHistory, {
    workspaceId,
    chatflowid,
    result: { ...counts, files: files.map(({ name }) => name) },
    flowData: settingsOf(flow, findNode),
  })
  await em.flush()
}
