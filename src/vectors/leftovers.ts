import type { SqlEntityManager } from '@mikro-orm/postgresql'
import type { Database } from '../db/database.ts'

/** An upsert that has not written for so long was left by a server that stopped. */
export const staleAfter = `interval '15 minutes'`

/** The namespaces of conversations begin so; no store of a flow has a name that does. */
export const chatMark = 'chat '

/**
 * Removes the chunks of upserts that stopped servers have left, which nobody could find anyway, what
 * was uploaded to conversations before the given moment, and indexes of namespaces that are gone.
 */
export async function removeLeftovers(database: Database, oldest: Date): Promise<void> {
  await database.jobsEm().transactional(removeStale)
  await database.jobsEm().execute(
    `delete from vector_space where id in (
         select id from vector_space where starts_with(namespace, ?) and updated_date < ?::timestamptz)`,
    [chatMark, oldest.toISOString()],
  )
  await database.unindexVectors(database.jobsEm(), await goneIndexed(database.jobsEm()))
}

/** The ids of namespaces that went, with their flow say, and left an index. */
async function goneIndexed(em: SqlEntityManager): Promise<string[]> {
  const rows = await em.execute<{ id: string }[]>(
    `select indexed.id from pg_index i join pg_class c on c.oid = i.indexrelid,
       lateral (select substring(c.relname from '^vector_chunk_hnsw_([0-9a-f]{32})$')::uuid as id) indexed
     where i.indrelid = 'vector_chunk'::regclass and indexed.id is not null
       and not exists (select from vector_space s where s.id = indexed.id)`,
  )
  return rows.map(({ id }) => id)
}

async function removeStale(em: SqlEntityManager): Promise<void> {
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
}
