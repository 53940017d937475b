import { z } from 'zod'
import type { Ctx } from '../context.ts'
import { Failure } from '../core/errors.ts'
import { tenantEm } from '../db/tenant.ts'
import { foreignIds, withMappedIds, type ForeignId } from '../engine/flow/foreign-ids.ts'
import { toPublicFlow } from '../engine/flow/public-flow.ts'
import { dig, isRecord, parseJson } from '../engine/text/paths.ts'
import { chatflowTypes, type ChatflowType } from './entity.ts'
import { readFlowData } from './input.ts'
import { createChatflow, findOwn } from './service.ts'
import type { ChatflowView } from './view.ts'

export type { ForeignId } from '../engine/flow/foreign-ids.ts'

/** What came in, and what of it still names rows of the workspace it came from. */
export interface ImportedChatflow {
  readonly chatflow: ChatflowView
  readonly foreignIds: readonly ForeignId[]
}

const file = z.object({
  nodes: z.array(z.unknown()),
  edges: z.array(z.unknown()),
  viewport: z.unknown().optional(),
  type: z.enum(chatflowTypes).optional().catch(undefined),
})
const idMap = z.record(z.string(), z.string()).nullish()

/**
 * A chatflow as a file for another workspace: its canvas without credential ids, passwords, headers
 * and tokens. Throws NOT_FOUND.
 */
export async function exportChatflow(
  ctx: Ctx,
  input: { id: string },
): Promise<Readonly<Record<string, unknown>>> {
  const { name, type, category, flowData } = await findOwn(tenantEm(ctx), input.id)
  const canvas = JSON.parse(toPublicFlow(flowData)) as Record<string, unknown>
  return { name, type, category: category ?? null, ...canvas }
}

/**
 * Stores a chatflow from an exported file. Ids that the map names are exchanged; of the others the
 * credentials are taken out, and all that is left is reported. Throws BAD_REQUEST for what is no such file.
 */
export async function importChatflow(
  ctx: Ctx,
  input: { name: string; file?: unknown; idMap?: unknown; type?: ChatflowType | null | undefined },
): Promise<ImportedChatflow> {
  const read = file.safeParse(canvasIn(input.file))
  const map = idMap.safeParse(input.idMap)
  if (!read.success) throw new Failure('BAD_REQUEST', 'file must be {nodes, edges} of a chatflow.')
  if (!map.success) {
    throw new Failure('BAD_REQUEST', 'idMap must be an object from ids of the file to ids here.')
  }
  const { nodes, edges, viewport } = read.data
  const flowData = readFlowData({ nodes, edges, ...(viewport ? { viewport } : {}) })
  const mapped = withMappedIds(flowData, map.data ?? {})
  const own = new Set(Object.values(map.data ?? {}))
  const type = input.type ?? read.data.type ?? guessType(nodes)
  return {
    chatflow: await createChatflow(ctx, { name: input.name, flowData: mapped, type }),
    foreignIds: foreignIds(flowData).filter(({ id }) => !own.has(map.data?.[id] ?? '')),
  }
}

/** Editors save a canvas; rows of a chatflow hold it, as text or not, under `flowData`. */
function canvasIn(value: unknown): unknown {
  const saved = typeof value === 'string' ? parseJson(value) : value
  if (!isRecord(saved) || saved['flowData'] === undefined) return saved
  const { flowData, type } = saved
  const canvas = typeof flowData === 'string' ? parseJson(flowData) : flowData
  return isRecord(canvas) ? { type, ...canvas } : canvas
}

/** Files of editors do not say what they are; their nodes do. */
function guessType(nodes: readonly unknown[]): ChatflowType {
  const names = nodes.map((node) => String(dig(node, ['data', 'name'])))
  if (names.some((name) => name.endsWith('Agentflow'))) return 'AGENTFLOW'
  if (names.some((name) => /^(seq\w+|supervisor|worker)$/.test(name))) return 'MULTIAGENT'
  return 'CHATFLOW'
}
