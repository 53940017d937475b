import { endingOf } from '../chatflows/ending.ts'
import type { Ctx } from '../context.ts'
import { newId } from '../core/ids.ts'
import type { UpsertProgress } from '../engine/node/events.ts'
import type { UpsertResult } from '../engine/node/result.ts'
import { UpsertHistory } from './entity.ts'

/** Keeps what is to be known of one upsert, while it runs and afterwards. Never throws. */
export interface UpsertRecord {
  readonly id: string
  /** Writes down that it is under way. */
  begin(): Promise<void>
  progress(done: UpsertProgress): void
  finished(result: UpsertResult): Promise<void>
  /** `signal` is the one that the upsert ran under. */
  failed(error: unknown, signal: AbortSignal): Promise<void>
}

export interface Recorded {
  readonly workspaceId: string
  readonly chatflowid: string
  /** The nodes that take part. */
  readonly settings: unknown
  readonly files: readonly string[]
}

/** Progress is written down no more often. */
const betweenMs = 3000

/** A record that is not written yet. */
export function newRecord(ctx: Ctx, recorded: Recorded): UpsertRecord {
  const { workspaceId, chatflowid, settings, files } = recorded
  const { deps, request } = ctx
  const id = newId()
  const quietly = async (work: () => Promise<unknown>): Promise<void> => {
    try {
      await work()
    } catch (error) {
      // What is stored is not undone because its record cannot be kept.
      deps.log.error({ err: error, requestId: request.id }, 'an upsert was not recorded')
    }
  }
  const open = () => deps.database.workspaceEm({ workspaceId })
  const update = async (fields: Partial<UpsertHistory>): Promise<void> =>
    quietly(() =>
      open().nativeUpdate(UpsertHistory, { id }, { ...fields, updatedDate: deps.clock.now() }),
    )
  let writing = Promise.resolve()
  let written = 0
  return {
    id,
    begin: () =>
      quietly(async () => {
        const em = open()
        const result = { ...nothing, files }
        const row = { id, workspaceId, chatflowid, result, flowData: settings, error: null }
        em.create(UpsertHistory, { ...row, status: 'INPROGRESS', updatedDate: deps.clock.now() })
        await em.flush()
      }),
    progress({ added, skipped }) {
      if (Date.now() - written < betweenMs) return
      written = Date.now()
      const result = { ...nothing, numAdded: added, numSkipped: skipped, files }
      writing = writing.then(() => update({ result }))
    },
    async finished({ addedDocs: _texts, ...counts }) {
      await writing
      await update({ status: 'FINISHED', result: { ...counts, files } })
    },
    async failed(error, signal) {
      await writing
      await update({ ...endingOf(error, signal), result: { ...nothing, files } })
    },
  }
}

const nothing = { numAdded: 0, numUpdated: 0, numSkipped: 0, numDeleted: 0 }
