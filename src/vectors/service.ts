import { z } from 'zod'
import { admittedFlow } from '../chatflows/admission.ts'
import { flowPorts } from '../chatflows/ports.ts'
import { flowSource } from '../chatflows/public.ts'
import type { Ctx } from '../context.ts'
import { Failure } from '../core/errors.ts'
import { newId } from '../core/ids.ts'
import { parseFlow } from '../engine/flow.ts'
import type { UpsertResult } from '../engine/node.ts'
import { upsertFlow } from '../engine/upsert.ts'
import { createVectorPort } from './store.ts'

const closed = z.object({ vectorUpsert: z.object({ status: z.literal(false) }) })

/**
 * Fills the vector store of the flow that the caller was admitted to. Throws FORBIDDEN where the
 * flow's author closed it, NOT_FOUND or UNPROCESSABLE for a flow that has no store to fill.
 */
export async function upsertVectors(
  ctx: Ctx,
  input: { id: string; stopNodeId?: string | null | undefined; overrideConfig?: unknown },
): Promise<UpsertResult> {
  const stored = await admittedFlow(ctx, input.id)
  if (closed.safeParse(JSON.parse(stored.apiConfig ?? 'null')).success) {
    throw new Failure('FORBIDDEN', 'The author of this flow has closed it to upserts.')
  }
  const overrideConfig = z.record(z.string(), z.unknown()).nullish().safeParse(input.overrideConfig)
  if (!overrideConfig.success) {
    throw new Failure('BAD_REQUEST', 'overrideConfig must be a JSON object.')
  }
  return upsertFlow({
    flow: parseFlow(flowSource(stored)),
    input: {
      chatId: newId(),
      ...(overrideConfig.data ? { overrideConfig: overrideConfig.data } : {}),
    },
    ports: {
      ...flowPorts(ctx, stored.workspaceId),
      history: async () => [],
      savedRun: async () => undefined,
      vectors: createVectorPort(ctx.deps, stored.workspaceId),
    },
    signal: ctx.request.signal,
    emit: () => undefined,
    ...(input.stopNodeId ? { stopNodeId: input.stopNodeId } : {}),
  })
}
