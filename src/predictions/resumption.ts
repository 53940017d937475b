import type { Ctx } from '../context.ts'
import { Failure } from '../core/errors.ts'
import type { Statement } from '../db/statement.ts'
import type { SavedRun } from '../engine/node/ports.ts'
import { newestRun, type Conversation } from './recall.ts'

/**
 * How a run goes on from where another stopped: alone, on whichever instance and from whichever
 * chat of the session, for what a person agreed to once is done once.
 */
export interface Resumption {
  savedRun(this: void, sessionId: string): Promise<SavedRun | undefined>
  /**
   * What is to be written with the record of how the run ended. A stop is spent once there is a
   * record to go on from instead, and free again otherwise.
   */
  settle(how: { readonly isSpent: boolean }): readonly Statement[]
}

/** No run lasts longer than five minutes: what is still claimed then was left by a server that died. */
const claim = `now() + interval '6 minutes'`

export function createResumption(ctx: Ctx, conversation: Conversation): Resumption {
  const { database } = ctx.deps
  const { workspaceId } = conversation.flow
  let claimed: string | undefined
  const take = async (id: string): Promise<void> => {
    const taken = await database.rows(
      database.workspaceEm({ workspaceId }),
      `update execution set claimed_until = ${claim}
       where id = ? and (claimed_until is null or claimed_until < now()) returning id`,
      [id],
    )
    if (taken.length === 0) {
      throw new Failure('CONFLICT', 'Another run goes on from where this session stopped.')
    }
    claimed = id
  }
  return {
    async savedRun(sessionId) {
      const newest = await newestRun(ctx, conversation, sessionId)
      return newest && { ...newest.run, claim: () => take(newest.id) }
    },
    settle({ isSpent }) {
      if (claimed === undefined) return []
      const until = isSpent ? `'infinity'` : 'null'
      const sql = `update execution set claimed_until = ${until} where id = ?`
      return [{ sql, params: [claimed] }]
    },
  }
}
