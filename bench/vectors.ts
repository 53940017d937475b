import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { setInterval, setTimeout as wait } from 'node:timers/promises'
import { Client } from 'pg'
import { encodeReals } from '../src/db/bound.ts'
import { post, signIn } from './client.ts'
import type { Lab } from './lab.ts'
import { atLeast, atMost, line, ms } from './report.ts'
import { owner } from './seed.ts'
import type { RunningServer } from './servers.ts'
import { makeStore, type FilledStore } from './stores.ts'

const chunkCount = 10_000
const dimensions = 1536
const searches = 20
const largeMb = 100

/** Ten thousand chunks go in and are searched, on either database, beside bare SQL. */
export async function benchVectors(lab: Lab): Promise<void> {
  const provider = await lab.provider()
  const bare = await bareSql(lab.databaseUrl)
  line(`Bare inserts of ${chunkCount} rows`, `${Math.round(bare.perSecond)} a second`)
  if (bare.searchMs !== null) line('Bare search by pgvector', ms(bare.searchMs))
  for (const kind of ['PostgreSQL', 'Embedded'] as const) {
    const server = await lab.flowgate({
      DATA_DIR: join(lab.folder, kind),
      EGRESS_ALLOW: new URL(provider.url).host,
      ...(kind === 'PostgreSQL' && { DATABASE_URL: lab.databaseUrl }),
    })
    await benchDatabase(kind, server, { provider, bare })
    await server.stop()
  }
}

interface Bare {
  readonly perSecond: number
  readonly searchMs: number | null
}

async function benchDatabase(
  kind: string,
  server: RunningServer,
  { provider, bare }: { readonly provider: RunningServer; readonly bare: Bare },
): Promise<void> {
  const embedding = await embeddingAt(server, provider)
  const splitter = {
    name: 'recursiveCharacterTextSplitter',
    config: { chunkSize: 150, chunkOverlap: 0 },
  }
  const warm = await makeStore(server, { embedding, splitter })
  await warm.upsert([paragraphs(100)])
  await reportLargeFile(kind, server, embedding)
  const store = await makeStore(server, { embedding, splitter })
  await wait(3000)
  await server.read()
  const start = performance.now()
  const { numAdded } = await store.upsert([paragraphs(chunkCount)])
  const seconds = (performance.now() - start) / 1000
  const { stallMs } = await server.read()
  const perSecond = numAdded / seconds
  const ratio = perSecond / bare.perSecond
  const told = `${Math.round(perSecond)} a second, ${ratio.toFixed(2)} of bare inserts`
  // The yardstick is PostgreSQL's, so only PostgreSQL is held to it.
  line(`${kind}: upsert`, told, kind === 'PostgreSQL' ? atLeast(ratio, 0.5) : undefined)
  line(`${kind}: longest stall meanwhile`, ms(stallMs), atMost(stallMs, 50, 'ms'))
  await reportSearches(kind, store, bare)
}

async function reportSearches(kind: string, store: FilledStore, bare: Bare): Promise<void> {
  const times: number[] = []
  for (let at = 0; at <= searches; at += 1) {
    const start = performance.now()
    await store.search(`Who says that item ${at} costs anything?`)
    times.push(performance.now() - start)
  }
  const [first = 0, ...others] = times
  const median = others.toSorted((a, b) => a - b)[Math.floor(searches / 2)] ?? 0
  const told = `${ms(median)}; the first ${ms(first)}`
  const ratio = bare.searchMs === null ? null : Number((median / bare.searchMs).toFixed(2))
  // The yardstick is PostgreSQL's with pgvector, so only that is held to it.
  if (kind === 'Embedded' || ratio === null) return line(`${kind}: search`, told)
  return line(`${kind}: search`, `${told}, ${ratio} times bare SQL`, atMost(ratio, 1.5, 'times'))
}

/** What a server holds while it reads a large text. */
async function reportLargeFile(
  kind: string,
  server: RunningServer,
  embedding: object,
): Promise<void> {
  const splitter = {
    name: 'recursiveCharacterTextSplitter',
    config: { chunkSize: 20_000, chunkOverlap: 0 },
  }
  const store = await makeStore(server, { embedding, splitter })
  await wait(2000)
  const idle = (await server.read()).rssMb
  const over = new AbortController()
  const highest = highestMemory(server, over.signal)
  const file = largeText()
  const start = performance.now()
  const { numAdded } = await store.upsert([file])
  const took = performance.now() - start
  over.abort()
  const above = (await highest) - idle
  const told = `${Math.round(above)} MB above ${Math.round(idle)} MB, ${numAdded} chunks in ${ms(took)}`
  line(`${kind}: memory for ${largeMb} MB of text`, told, atMost(Math.round(above), 300, 'MB'))
}

async function highestMemory(server: RunningServer, signal: AbortSignal): Promise<number> {
  let highest = 0
  try {
    for await (const _ of setInterval(100, undefined, { signal })) {
      highest = Math.max(highest, (await server.read()).rssMb)
    }
  } catch (error) {
    if (!signal.aborted) throw error
  }
  return highest
}

function largeText(): File {
  const sentence = 'Whoever reads this text of a hundred megabytes reads no sentence twice.'
  const lines = (block: number): string =>
    Array.from({ length: 12_000 }, (_, at) => `${block} ${at} ${sentence}`).join('\n')
  const blocks: string[] = []
  for (let bytes = 0; bytes < largeMb * 1_000_000;) {
    const block = lines(blocks.length)
    blocks.push(block)
    bytes += block.length
  }
  return new File(blocks, 'large.txt')
}

async function embeddingAt(server: RunningServer, provider: RunningServer): Promise<object> {
  const token = await signIn(server.url, owner)
  const { id } = await post<{ id: string }>(
    `${server.url}/api/v1/credentials`,
    { name: 'bench', credentialName: 'openAIApi', plainDataObj: { openAIApiKey: 'sk-bench' } },
    token,
  )
  const config = { basepath: `${provider.url}/v1`, credential: id, modelName: 'bench' }
  return { name: 'openAIEmbeddings', config }
}

/** A text of which each paragraph is a chunk. */
function paragraphs(count: number): File {
  const texts = Array.from(
    { length: count },
    (_, at) =>
      `Paragraph ${at} of the bench says that item ${(at * 7919) % 100_003} costs ${at % 97} coins and weighs ${at % 31} stones, which nobody doubts.`,
  )
  return new File([texts.join('\n\n')], 'bench.txt')
}

/** The same rows in the same table, without anything around it. */
async function bareSql(databaseUrl: string): Promise<Bare> {
  const client = new Client({ connectionString: databaseUrl })
  await client.connect()
  await client.query(`create table bare_chunk (id uuid primary key, workspace_id uuid, space_id uuid,
    batch_id uuid, hash text, source text, content text, metadata jsonb, embedding real[])`)
  await client.query('create unique index on bare_chunk (space_id, hash)')
  await client.query('create index on bare_chunk (space_id, source)')
  const space = randomUUID()
  const vectors = Array.from({ length: 100 }, (_, seed) => encodeReals(vectorOf(seed)))
  const rowsAtOnce = 100
  const start = performance.now()
  for (let from = 0; from < chunkCount; from += rowsAtOnce) {
    const values = Array.from({ length: rowsAtOnce }, (_, at) => [
      randomUUID(),
      space,
      space,
      space,
      `${from + at}`.padStart(64, '0'),
      'bench.txt',
      `Paragraph ${from + at} of the bench says that item ${at} costs coins and weighs stones.`,
      JSON.stringify({ source: 'bench.txt', line: from + at }),
      vectors[at],
    ])
    const row = (at: number): string =>
      `(${values[0]?.map((_, column) => `$${9 * at + column + 1}`).join(', ')})`
    await client.query(
      `insert into bare_chunk values ${values.map((_, at) => row(at)).join(', ')}`,
      values.flat(),
    )
  }
  const perSecond = chunkCount / ((performance.now() - start) / 1000)
  const searchMs = await bareSearch(client, space)
  await client.query('drop table bare_chunk')
  await client.end()
  return { perSecond, searchMs }
}

/** By pgvector; null where the server has none, for then there is no bare SQL worth comparing with. */
async function bareSearch(client: Client, space: string): Promise<number | null> {
  const found = await client.query<{ has: boolean }>(
    `select count(*) > 0 as has from pg_available_extensions where name = 'vector'`,
  )
  if (found.rows[0]?.has !== true) return null
  await client.query('create extension if not exists vector')
  const times: number[] = []
  for (let at = 0; at < 3; at += 1) {
    const start = performance.now()
    await client.query(
      `select content, metadata, -(embedding::vector(${dimensions}) <#> $1::real[]::vector) as score
       from bare_chunk where space_id = $2 order by score desc limit 4`,
      [encodeReals(vectorOf(at)), space],
    )
    times.push(performance.now() - start)
  }
  return Math.min(...times)
}

function vectorOf(seed: number): Float32Array {
  return Float32Array.from(
    { length: dimensions },
    (_, at) => Math.sin(seed * 7919 + at * 104_729) / 40,
  )
}
