import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { newId } from '../../src/core/ids.ts'
import type { Database } from '../../src/db/database.ts'
import { createVectorIndexes } from '../../src/vectors/indexes.ts'
import { scanSlabs } from '../../src/vectors/scan.ts'
import { searchSpace } from '../../src/vectors/search.ts'
import { slabsOf } from '../../src/vectors/slabs.ts'
import { findSpace, type Place, type Sought } from '../../src/vectors/space.ts'
import { unit } from '../../src/vectors/unit.ts'
import { databaseKind } from '../harness.ts'
import { dataUri, qaFlow, startBoth, upsert } from './harness.ts'

let both: Awaited<ReturnType<typeof startBoth>>
let database: Database

beforeAll(async () => {
  both = await startBoth()
  database = both.app.app.deps.database
})
afterAll(() => both.close())

const ofOwner = () => database.workspaceEm({ workspaceId: both.app.owner.workspaceId })

/** A namespace of a flow, with nothing in it. */
async function makeSpace(dimensions: number): Promise<Place> {
  const { app } = both
  const { id } = await app.addFlow()
  const em = ofOwner()
  await database.rows(
    em,
    `insert into vector_space (id, workspace_id, chatflowid, namespace, model, dimensions, created_date, updated_date)
     values (?, ?, ?, 'ours', 'a model', ?, now(), now())`,
    [newId(), app.owner.workspaceId, id, dimensions],
  )
  const place = { owner: { kind: 'chatflow', id }, namespace: 'ours' } as const
  const space = await findSpace(database, em, place)
  if (!space) throw new Error('There is no namespace.')
  return { database, em, space }
}

/** Adds chunks; `embedding` is an expression of their number, `n`. */
async function addChunks({ em, space }: Place, count: number, embedding = `'{1}'`): Promise<void> {
  await database.rows(
    em,
    `insert into vector_chunk (id, workspace_id, space_id, hash, content, metadata, embedding, created_date)
     select gen_random_uuid(), ?, ?, gen_random_uuid(), n::text, '{}', ${embedding}, now()
     from generate_series(0, ?::int - 1) as n`,
    [both.app.owner.workspaceId, space.id, count],
  )
}

/** The namespaces for which an index is made when these have grown. */
async function madeFor(
  spaces: readonly Place['space'][],
  make: () => Promise<void> = async () => undefined,
): Promise<readonly string[]> {
  const made: string[] = []
  const indexVectors: Database['indexVectors'] = async (_em, { id }) => {
    made.push(id)
    await make()
  }
  const { log } = both.app.app.deps
  const indexes = createVectorIndexes({ database: { ...database, indexVectors }, log })
  for (const space of spaces) indexes.grown(ofOwner(), space)
  await indexes.close()
  return made
}

describe('a namespace that grows', () => {
  /** Of 2000 dimensions the embedded database holds so many in memory; another one compares no more. */
  const most = databaseKind === 'embedded' ? 8388 : 2000

  it('gets an index when it has more chunks than are compared one by one, once', async () => {
    const place = await makeSpace(2000)
    const space = { ...place.space, hasPgvector: true }
    await addChunks(place, most)
    expect(await madeFor([space])).toEqual([])
    await addChunks(place, 1)
    expect(await madeFor([space, space, space])).toEqual([space.id])
    expect(await madeFor([{ ...space, hasPgvector: false }])).toEqual([])
    expect(await madeFor([{ ...space, dimensions: 2001 }])).toEqual([])
    const failing = () => Promise.reject(new Error('The disk is full.'))
    expect(await madeFor([space], failing)).toEqual([space.id])
    expect(both.app.logs.at(-1)).toContain('a vector index was not made')
  })

  it('is told of by each upsert', async () => {
    const { app, baseUrl } = both
    const grown = vi.spyOn(app.app.deps.vectorIndexes, 'grown')
    const loader = { inputs: { txtFile: dataUri('Some words.') } }
    const { id } = await app.addFlow({ flowData: qaFlow(baseUrl, { loader }) })
    await upsert(both, id)
    const [space] = await database.rows(
      ofOwner(),
      'select id, dimensions from vector_space where chatflowid = ?',
      [id],
    )
    expect(grown.mock.calls.map(([, told]) => told)).toEqual([expect.objectContaining(space)])
  })
})

describe.runIf(databaseKind === 'embedded')('an index of the embedded database', () => {
  const perCircle = 50
  /** On two circles, so that each chunk has its neighbours and no two are the same. */
  const onCircles = (place: readonly [string, string]): string =>
    place.map((at) => `cos(${at}), sin(${at})`).join(', ')
  const step = (2 * Math.PI) / perCircle
  const embedding = `(select array_agg(v / sqrt(2)) from unnest(array[${onCircles([
    `${step} * (n / ${perCircle})`,
    `${step} * (n % ${perCircle})`,
  ])}]) v)::real[]`

  const sought = (first: number, second: number, wish: Partial<Sought> = {}): Sought => {
    const angles = [first * step, second * step]
    const vector = unit(angles.flatMap((angle) => [Math.cos(angle), Math.sin(angle)]))
    return { model: 'a model', vector, limit: 4, ...wish }
  }
  /** How the database goes about a search. */
  async function planOf(place: Place, query: Sought): Promise<string> {
    const explaining: Database = {
      ...database,
      rows: (em, sql, params) => database.rows(em, `explain ${sql}`, params),
    }
    return JSON.stringify(await searchSpace({ ...place, database: explaining }, query))
  }
  const indexesOf = async ({ space }: Place) =>
    database.rows<{ name: string; definition: string }>(
      ofOwner(),
      'select indexname as name, indexdef as definition from pg_indexes where strpos(indexdef, ?) > 0',
      [space.id],
    )

  let place: Place

  beforeAll(async () => {
    place = await makeSpace(4)
    await addChunks(place, perCircle ** 2, embedding)
  })

  it('is made for one namespace, by its own workspace, once', async () => {
    const stranger = await both.app.addPerson()
    const theirs = database.workspaceEm({ workspaceId: stranger.workspaceId })
    await database.indexVectors(theirs, place.space)
    expect(await indexesOf(place)).toEqual([])
    await database.indexVectors(place.em, place.space)
    await database.indexVectors(place.em, place.space)
    expect(await indexesOf(place)).toEqual([
      {
        name: `vector_chunk_hnsw_${place.space.id.replaceAll('-', '')}`,
        definition: expect.stringContaining('USING hnsw'),
      },
    ])
  })

  it('is what a search goes by, which finds nearly all that comparing with each finds', async () => {
    const query = sought(7.3, 12.2)
    expect(await planOf(place, query)).toContain('vector_chunk_hnsw_')
    const inMemory = (await slabsOf(database).whole(place.em, place.space)) ?? []
    let [found, all] = [0, 0]
    for (let at = 0; at < perCircle; at += 3) {
      const other = sought(at + 0.3, 3 * at + 0.2)
      const byIndex = (await searchSpace(place, other)).map(({ content }) => content)
      const exact = (await scanSlabs(place, other, inMemory)).map(({ content }) => content)
      expect(byIndex).toHaveLength(4)
      const shared = exact.filter((content) => byIndex.includes(content))
      expect(byIndex.filter((content) => exact.includes(content))).toEqual(shared)
      found += shared.length
      all += exact.length
    }
    // The index is drawn by chance: of some 80 of them, one misses a single neighbour of these.
    expect(found / all).toBeGreaterThan(0.9)
  })

  it('is left aside where it would leave something out', async () => {
    for (const wish of [{ limit: 60 }, { filter: {} }]) {
      const query = sought(7.3, 12.2, wish)
      expect(await planOf(place, query)).not.toContain('vector_chunk_hnsw_')
      expect(await searchSpace(place, query)).toHaveLength(query.limit)
    }
  })
})
