import { Failure } from '../core/errors.ts'
import { cannotRun } from './chatflow.ts'
import type { RunRequest } from './context.ts'
import { nodeTitle } from './flow.ts'
import type { UpsertResult } from './node.ts'
import { findNode } from './nodes/index.ts'
import { unknownNodes } from './plan.ts'

export interface UpsertRequest extends RunRequest {
  /** The vector store to fill, where the flow has several. */
  readonly stopNodeId?: string
}

const nothing: UpsertResult = {
  numAdded: 0,
  numUpdated: 0,
  numSkipped: 0,
  numDeleted: 0,
  addedDocs: [],
}

/**
 * Fills a flow's vector store; an empty flow adds nothing.
 * @throws Failure NOT_FOUND when `stopNodeId` names no node; UNPROCESSABLE when the flow has no
 *   vector store, several without `stopNodeId`, or one of a kind that is not known here.
 */
export async function upsertFlow({ flow, stopNodeId }: UpsertRequest): Promise<UpsertResult> {
  if (flow.kind === 'empty') return nothing
  const stores = [...flow.nodes.values()].filter(({ category }) => category === 'Vector Stores')
  const named = stopNodeId === undefined ? undefined : flow.nodes.get(stopNodeId)
  if (stopNodeId !== undefined && named === undefined) {
    throw new Failure('NOT_FOUND', 'The flow has no node with the id given as stopNodeId.')
  }
  const [store, ...others] = named === undefined ? stores : [named]
  if (store === undefined) {
    throw new Failure('UNPROCESSABLE', 'This flow has no vector store to fill.')
  }
  if (others.length > 0) {
    const names = stores.map(nodeTitle).join(', ')
    const sentence = `This flow has several vector stores; name one as stopNodeId: ${names}.`
    throw new Failure('UNPROCESSABLE', sentence)
  }
  if (findNode(store.name) === undefined) throw cannotRun(unknownNodes([store]))
  const sentence = `The node ${nodeTitle(store)} of type ${store.name} is no vector store.`
  throw new Failure('UNPROCESSABLE', sentence)
}
