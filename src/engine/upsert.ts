import { Failure } from '../core/errors.ts'
import { createParts } from './chatflow/parts.ts'
import { assignFiles } from './documents/assign.ts'
import { nodeTitle, type Flow, type FlowNode } from './flow/flow.ts'
import { dependencies, orderFrom } from './flow/graph.ts'
import type { FileKind } from './node/load-job.ts'
import type { UpsertResult } from './node/result.ts'
import type { FileUpload } from './node/run-input.ts'
import { fileKindOf } from './nodes/documents/file-loaders.ts'
import { findNode } from './nodes/index.ts'
import { runFlow, tellable } from './run.ts'
import { prepareRun } from './run/context.ts'
import { nodeContext } from './run/node-context.ts'
import { cannotRun, unknownNodes } from './run/problems.ts'
import type { RunRequest } from './run/request.ts'
import { createSecrets } from './text/secrets.ts'

export interface UpsertRequest extends RunRequest {
  /** The vector store to fill, where the flow has several. */
  readonly stopNodeId?: string
  /** Files for the flow's loaders. */
  readonly files?: readonly FileUpload[]
}

const nothing: UpsertResult = {
  numAdded: 0,
  numUpdated: 0,
  numSkipped: 0,
  numDeleted: 0,
  addedDocs: [],
  store: null,
}

/**
 * Fills a flow's vector store; an empty flow adds nothing.
 * @throws Failure NOT_FOUND when `stopNodeId` names no node; UNPROCESSABLE when the flow has no
 *   vector store, several without `stopNodeId`, one of a kind that is not known here, or no loader
 *   that takes the files; what a run throws besides.
 */
export async function upsertFlow(request: UpsertRequest): Promise<UpsertResult> {
  const { flow, signal, files = [], spend = () => undefined } = request
  if (flow.kind === 'empty') return nothing
  const store = storeOf(request)
  const definition = findNode(store.name)
  if (definition === undefined) throw cannotRun(unknownNodes([store]))
  if (definition.upsert === undefined) {
    const sentence = `The node ${nodeTitle(store)} of type ${store.name} is no vector store.`
    throw new Failure('UNPROCESSABLE', sentence)
  }
  const needed = neededFor(flow, store)
  const unknown = unknownNodes(needed)
  if (unknown.length > 0) throw cannotRun(unknown)
  const loaders = needed.flatMap((node) => {
    const kind = fileKindOf(node.name)
    return kind === null ? [] : [{ node, kind }]
  })
  const forChat = request.input.forChat === true && isOpen(store)
  const assigned = await assignFiles(files, loaders, { ...flow, isOpen: forChat })
  const input = { ...request.input, forChat, files: assigned }
  const secrets = createSecrets()
  try {
    const run = await prepareRun({ ...request, input }, { secrets, spend, runFlow })
    const parts = createParts(run)
    const { inputs, hasCredential } = await parts.resolve(store, definition)
    const context = nodeContext(run, store, { isLast: true, hasCredential })
    return await definition.upsert(inputs, { ...context, ...parts.variables })
  } catch (error) {
    throw tellable(error, { signal, secrets })
  }
}

/** The kinds of files that people may upload to their chats; null where the author lets nobody. */
export function chatUploads(flow: Flow): readonly (FileKind | undefined)[] | null {
  const open = storesIn(flow).filter(isOpen)
  if (open.length === 0) return null
  const nodes = open.flatMap((store) => neededFor(flow, store))
  return nodes.map(({ name }) => fileKindOf(name)).filter((kind) => kind !== null)
}

function storesIn(flow: Flow): readonly FlowNode[] {
  return [...flow.nodes.values()].filter(({ name, category }) => {
    const definition = findNode(name)
    const isStore = (definition?.category ?? category) === 'Vector Stores'
    // A document store is filled from its own loaders, not by a flow.
    return isStore && (definition === undefined || definition.upsert !== undefined)
  })
}

function storeOf({ flow, stopNodeId }: UpsertRequest): FlowNode {
  const stores = storesIn(flow)
  const named = stopNodeId === undefined ? undefined : flow.nodes.get(stopNodeId)
  if (stopNodeId !== undefined && named === undefined) {
    throw new Failure('NOT_FOUND', 'The flow has no node with the id given as stopNodeId.')
  }
  const [store, ...others] = named === undefined ? openStores(stores) : [named]
  if (store === undefined) {
    throw new Failure('UNPROCESSABLE', 'This flow has no vector store to fill.')
  }
  if (others.length > 0) {
    const names = stores.map(nodeTitle).join(', ')
    const sentence = `This flow has several vector stores; name one as stopNodeId: ${names}.`
    throw new Failure('UNPROCESSABLE', sentence)
  }
  return store
}

/** Of several stores, the ones that take files from a chat. */
function openStores(stores: readonly FlowNode[]): readonly FlowNode[] {
  const open = stores.filter(isOpen)
  return stores.length > 1 && open.length > 0 ? open : stores
}

function isOpen({ inputs }: FlowNode): boolean {
  return String(inputs['fileUpload']) === 'true'
}

function neededFor(flow: Flow, store: FlowNode): readonly FlowNode[] {
  const walk = orderFrom(store.id, dependencies(flow))
  const ids = 'order' in walk ? walk.order : walk.circle
  return ids.flatMap((id) => flow.nodes.get(id) ?? [])
}
