import type { Database } from '../db/database.ts'

/** An upsert that has not written for so long was left by a server that stopped. */
export const staleAfter = `interval '15 minutes'`

/** Removes the chunks of upserts that stopped servers have left; nobody could find them anyway. */
export async function removeLeftovers({
  database,
}: {
  readonly database: Database
}): Promise<void> {
  await database.jobsEm().transactional(async (em) => {
    await em.execute(
      `delete from vector_chunk c using vector_batch b
       where c.space_id = b.space_id and c.batch_id = b.id and b.heartbeat < now() - ${staleAfter}`,
    )
    // Only batches without chunks: one that fell silent meanwhile has its turn next time.
    await em.execute(
      `delete from vector_batch b where b.heartbeat < now() - ${staleAfter}
         and not exists (
           select from vector_chunk c where c.space_id = b.space_id and c.batch_id = b.id)`,
    )
  })
}
