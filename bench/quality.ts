import { join } from 'node:path'
import type { Database } from '../src/db/database.ts'
import { openDatabase } from '../src/db/open.ts'
import { createLocalEmbeddings } from '../src/platform/workers/embeddings.ts'
import { searchSpace } from '../src/vectors/search.ts'
import { findSpace, type Place } from '../src/vectors/space.ts'
import { unit } from '../src/vectors/unit.ts'
import type { Lab } from './lab.ts'
import { town } from './quality/town.ts'
import { atLeast, line } from './report.ts'
import { makeStore, type FilledStore } from './stores.ts'

const asked = 10
const compared = 4
/** Enough that an index leaves something out. */
const manyTexts = 3000
const filesAtOnce = 500

/** Whether questions find the document that answers them, by vectors made on this machine. */
export async function benchQuality(lab: Lab): Promise<void> {
  const env = { DATA_DIR: join(lab.folder, 'quality') }
  const server = await lab.flowgate(env)
  const embedding = { name: 'localEmbeddings' }
  const store = await makeStore(server, { embedding })
  await store.upsert(town.map(({ text }, at) => new File([text], `document-${at}.txt`)))
  await reportRanks(store)
  const large = await makeStore(server, { embedding })
  const files = mixtures().map((text, at) => new File([text], `mixture-${at}.txt`))
  for (let at = 0; at < files.length; at += filesAtOnce) {
    await large.upsert(files.slice(at, at + filesAtOnce))
  }
  await server.stop()
  await reportAgreement(env.DATA_DIR, large)
}

async function reportRanks(store: FilledStore): Promise<void> {
  const ranks: number[] = []
  for (const { text, question } of town) {
    const found = await store.search(question, asked)
    ranks.push(found.findIndex(({ pageContent }) => pageContent === text) + 1)
  }
  const share = (most: number): number =>
    ranks.filter((rank) => rank > 0 && rank <= most).length / ranks.length
  const reciprocals = ranks.map((rank) => (rank === 0 ? 0 : 1 / rank))
  const mrr = reciprocals.reduce((sum, value) => sum + value, 0) / ranks.length
  line(`${town.length} questions, ${town.length} documents: first`, percent(share(1)))
  line(`… among the first ${compared}`, percent(share(compared)))
  line(`… mean reciprocal rank within ${asked}`, mrr.toFixed(3))
}

/** Texts that differ a little from each other: sentences of two documents each. */
function mixtures(): string[] {
  const texts: string[] = []
  for (let step = 1; texts.length < manyTexts; step += 1) {
    for (const [at, { text }] of town.entries()) {
      const [, second = ''] = (town[(at + step) % town.length]?.text ?? '').split(/(?<=\.) /)
      texts.push(`${text.split(/(?<=\.) /)[0]} ${second} (${step})`)
    }
  }
  return texts.slice(0, manyTexts)
}

/** How much of what an exact search finds the index finds as well, on the same rows. */
async function reportAgreement(dataDir: string, store: FilledStore): Promise<void> {
  const database = await openDatabase({ kind: 'embedded', dataDir }, async () => undefined)
  const embeddings = createLocalEmbeddings()
  try {
    const place = await placeOf(store, database)
    await database.indexVectors(place.em, place.space)
    const { signal } = new AbortController()
    const vectors = await embeddings.embed(
      town.map(({ question }) => question),
      signal,
    )
    let agreed = 0
    for (const vector of vectors) {
      const sought = { model: place.space.model, vector: unit(vector), limit: compared }
      const byIndex = await searchSpace(place, sought)
      // With a filter, be it an empty one, every vector is compared.
      const exact = new Set((await searchSpace(place, { ...sought, filter: {} })).map(contentOf))
      agreed += byIndex.filter((found) => exact.has(contentOf(found))).length
    }
    const share = agreed / (vectors.length * compared)
    const text = `${percent(share)} of the first ${compared}, over ${manyTexts} chunks`
    line('HNSW finds what an exact search finds', text, atLeast(share, 0.95))
  } finally {
    await embeddings.close()
    await database.close()
  }
}

async function placeOf({ id, workspaceId }: FilledStore, database: Database): Promise<Place> {
  const em = database.workspaceEm({ workspaceId })
  const [named] = await database.rows<{ namespace: string }>(
    em,
    'select namespace from vector_space where store_id = ?',
    [id],
  )
  const place = { owner: { kind: 'documentStore', id }, namespace: named?.namespace ?? '' } as const
  const space = await findSpace(database, em, place)
  if (!space) throw new Error('There are no vectors to compare.')
  return { database, em, space }
}

function contentOf({ content }: { readonly content: string }): string {
  return content
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`
}
