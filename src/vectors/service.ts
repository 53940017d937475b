import { z } from 'zod'
import { admittedFlow, refuseStranger } from '../chatflows/admission.ts'
import { loadEngine } from '../chatflows/engine.ts'
import { ownerOf } from '../chatflows/owner.ts'
import { findOwn } from '../chatflows/service.ts'
import { parsedFlow } from '../chatflows/source.ts'
import { tellWhile } from '../chatflows/telling.ts'
import type { ChatflowView } from '../chatflows/view.ts'
import type { Ctx } from '../context.ts'
import { Failure } from '../core/errors.ts'
import type { Told } from '../core/event-queue.ts'
import { newId } from '../core/ids.ts'
import { tenantEm } from '../db/tenant.ts'
import type { Flow } from '../engine/flow/flow.ts'
import type { FlowEvent } from '../engine/node/events.ts'
import type { UpsertResult } from '../engine/node/result.ts'
import { UpsertHistory } from './entity.ts'
import { settingsOf } from './history.ts'
import { readUpsertInput, type UpsertInput } from './input.ts'
import { workPorts } from './ports.ts'
import { newRecord, type Recorded, type UpsertRecord } from './record.ts'

/** What an upsert did, and the id of its record; an empty flow has none. */
export interface VectorUpsert extends UpsertResult {
  readonly upsertId: string | null
}

const closed = z.object({ vectorUpsert: z.object({ status: z.literal(false) }) })
const timeoutMs = 3_600_000
const rowsShown = 100
/** A record that was not touched for so long is of a server that stopped. */
const silentMs = 900_000

/**
 * Fills the vector store of the flow that the caller was admitted to, and keeps a record of it.
 * Throws FORBIDDEN where the flow's author closed it, RATE_LIMITED when too much runs already, and
 * what `upsertFlow` throws; then nothing was written.
 */
export async function upsertVectors(ctx: Ctx, input: UpsertInput): Promise<VectorUpsert> {
  const stored = await openFlow(ctx, input)
  const { signal } = new AbortController()
  return perform(ctx, { stored, input }, { emit: () => undefined, signal })
}

/** The same, told while it happens: `upsertStarted`, `upsertProgress`…, `result`. */
export async function tellUpsert(ctx: Ctx, input: UpsertInput): Promise<AsyncGenerator<Told>> {
  const stored = await openFlow(ctx, input)
  return tellWhile(ctx, async (teller) => {
    const result = await perform(ctx, { stored, input }, teller)
    return [{ event: 'result', data: result }]
  })
}

/** Ends an upsert that is under way, on whichever server; what it has written is taken back. */
export async function abortUpsert(
  ctx: Ctx,
  input: { id: string; upsertId: string },
): Promise<{ aborted: boolean }> {
  const id = ctx.admitted.get(input.id)?.head.id ?? input.id
  await ctx.deps.runs.abort(runName(id, input.upsertId))
  return { aborted: true }
}

/** The upserts of a flow, newest first. Throws NOT_FOUND. */
export async function listUpserts(ctx: Ctx, input: { id: string }): Promise<UpsertHistory[]> {
  const em = tenantEm(ctx)
  await findOwn(em, input.id)
  const rows = await em.find(
    UpsertHistory,
    { chatflowid: input.id },
    { orderBy: { date: 'desc', id: 'desc' }, limit: rowsShown },
  )
  const oldest = ctx.deps.clock.now().getTime() - silentMs
  return rows.map((row) => {
    const isLost = row.status === 'INPROGRESS' && (row.updatedDate?.getTime() ?? 0) < oldest
    return isLost ? { ...row, status: 'TERMINATED', error: 'The server stopped.' } : row
  })
}

/** The flow that the caller was admitted to. Throws FORBIDDEN where its author closed it. */
async function openFlow(ctx: Ctx, { id }: UpsertInput): Promise<ChatflowView> {
  const stored = await admittedFlow(ctx, id)
  if (!closed.safeParse(JSON.parse(stored.apiConfig ?? 'null')).success) return stored
  throw new Failure('FORBIDDEN', 'The author of this flow has closed it to upserts.')
}

interface Work {
  readonly stored: ChatflowView
  readonly input: UpsertInput
}

interface Listener {
  emit(this: void, event: Told | FlowEvent): void
  readonly signal: AbortSignal
}

async function perform(
  ctx: Ctx,
  { stored, input }: Work,
  listener: Listener,
): Promise<VectorUpsert> {
  const { overrideConfig, files } = readUpsertInput(ctx, input)
  const { upsertFlow, findNode } = await loadEngine()
  const flow = await parsedFlow(stored)
  const isStranger = await isStrangerTo(ctx, flow, input)
  if (flow.kind === 'empty') return { ...emptyUpsert, upsertId: null }
  const { workspaceId, id: chatflowid } = stored
  const settings = settingsOf(flow, findNode)
  const names = files.map(({ name }) => name)
  const recorded = { workspaceId, chatflowid, settings, files: names }
  const chat = { owner: ownerOf(ctx), chatId: input.chatId || newId() }
  const gone = input.detached && !isStranger ? [] : [listener.signal, ctx.request.signal]
  return underway(ctx, { recorded, gone }, async (record, signal) => {
    listener.emit({ event: 'upsertStarted', data: { upsertId: record.id } })
    return upsertFlow({
      flow,
      files,
      input: isStranger
        ? { chatId: chat.chatId, forChat: true }
        : { chatId: chat.chatId, overrideConfig, forChat: Boolean(input.chatId) },
      ports: workPorts(ctx, workspaceId, chat),
      signal,
      emit: (event) => {
        if (event.event === 'upsertProgress') record.progress(event.data)
        listener.emit(event)
      },
      ...(input.stopNodeId && !isStranger ? { stopNodeId: input.stopNodeId } : {}),
    })
  })
}

/**
 * Whether the caller is one of those who may only upload files to their own chat. Throws what
 * `refuseStranger` does where the author lets nobody, BAD_REQUEST when they name no chat.
 */
async function isStrangerTo(ctx: Ctx, flow: Flow, input: UpsertInput): Promise<boolean> {
  const { chatUploads } = await loadEngine()
  if (chatUploads(flow) === null) refuseStranger(ctx, input.id)
  if (ctx.admitted.get(input.id)?.admittedAs === 'principal') return false
  if (input.chatId) return true
  throw new Failure('BAD_REQUEST', 'chatId is required.')
}

/** Does it as one of the runs under way, with a record and the files of the request at hand. */
async function underway(
  ctx: Ctx,
  { recorded, gone }: { readonly recorded: Recorded; readonly gone: readonly AbortSignal[] },
  work: (record: UpsertRecord, signal: AbortSignal) => Promise<UpsertResult>,
): Promise<VectorUpsert> {
  const release = ctx.request.uploads?.hold()
  const record = newRecord(ctx, recorded)
  const run = ctx.deps.runs.begin({
    name: runName(recorded.chatflowid, record.id),
    workspaceId: recorded.workspaceId,
    isAnonymous: ctx.caller.kind === 'anonymous',
  })
  const signal = AbortSignal.any([run.signal, AbortSignal.timeout(timeoutMs), ...gone])
  try {
    await record.begin()
    const result = await work(record, signal)
    await record.finished(result)
    return { ...result, upsertId: record.id }
  } catch (error) {
    await record.failed(error, signal)
    throw error
  } finally {
    run.end()
    await release?.()
  }
}

const emptyUpsert: UpsertResult = {
  numAdded: 0,
  numUpdated: 0,
  numSkipped: 0,
  numDeleted: 0,
  addedDocs: [],
  store: null,
}

function runName(flowId: string, upsertId: string): string {
  return `upsert ${flowId} ${upsertId}`
}
