import type { SqlEntityManager } from '@mikro-orm/postgresql'

/**
 * Removes what a document store has in the server's own vectors: everything, or the chunks of one of
 * its loaders, or one of these. Answers how many there were.
 */
export async function removeStoreVectors(
  em: SqlEntityManager,
  storeId: string,
  only?: { readonly docId: string; readonly pageContent?: string },
): Promise<number> {
  const ofStore = 'space_id in (select id from vector_space where store_id = ?)'
  if (only === undefined) {
    const [row] = await em.execute<{ count: number }[]>(
      `select count(*)::int as count from vector_chunk where ${ofStore}`,
      [storeId],
    )
    await em.execute('delete from vector_space where store_id = ?', [storeId])
    return row?.count ?? 0
  }
  const { docId, pageContent } = only
  const gone = await em.execute<unknown[]>(
    `delete from vector_chunk where ${ofStore} and metadata @> ?::jsonb
       ${pageContent === undefined ? '' : 'and content = ?'} returning id`,
    [storeId, JSON.stringify({ docId }), ...(pageContent === undefined ? [] : [pageContent])],
  )
  await em.execute('update vector_space set updated_date = now() where store_id = ?', [storeId])
  return gone.length
}
