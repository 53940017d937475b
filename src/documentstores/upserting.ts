import type { Ctx } from '../context.ts'
import type { Database } from '../db/database.ts'
import { tenantEm } from '../db/tenant.ts'
import { DocumentStore } from './entity.ts'

/** Says in a store's row that it is being upserted. */
interface Mark {
  date: Date
  /** The upserts of this server that are under way. */
  upserts: number
}

const ofDatabases = new WeakMap<Database, Map<string, Mark>>()

/**
 * Does work while the store says that it is being upserted. The last upsert to end takes that back:
 * counted here, for a count in the database would never come to nothing after a server stopped. The
 * mark of another server stays, as its date is another.
 */
export async function upserting<T>(
  ctx: Ctx,
  { id }: DocumentStore,
  work: () => Promise<T>,
): Promise<T> {
  const marks = marksOf(ctx.deps.database)
  const mark = marks.get(id) ?? { date: new Date(), upserts: 0 }
  marks.set(id, mark)
  mark.upserts += 1
  mark.date = new Date()
  try {
    await tenantEm(ctx).nativeUpdate(DocumentStore, { id }, { upsertingDate: mark.date })
    return await work()
  } finally {
    mark.upserts -= 1
    if (mark.upserts === 0) {
      marks.delete(id)
      const own = { id, upsertingDate: mark.date }
      await tenantEm(ctx).nativeUpdate(DocumentStore, own, { upsertingDate: null })
    }
  }
}

function marksOf(database: Database): Map<string, Mark> {
  const marks = ofDatabases.get(database) ?? new Map<string, Mark>()
  ofDatabases.set(database, marks)
  return marks
}
