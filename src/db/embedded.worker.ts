import { parentPort, workerData } from 'node:worker_threads'
import { PGlite } from '@electric-sql/pglite'
import { vector } from '@electric-sql/pglite-pgvector'
import type { Question, RawResult, Reply, SqlError } from './embedded-messages.ts'

const facts = ['code', 'severity', 'detail', 'hint', 'schema', 'table', 'column', 'constraint']

const db = await PGlite.create({ dataDir: String(workerData), extensions: { vector } })
// Values stay the texts they are: whoever asked knows what to make of them.
for (const type of Object.keys(db.parsers)) db.parsers[Number(type)] = (text) => text

/** Of `bytea` and `real[]`, whose bytes are in order: PGlite would write the digits of each. */
const asTheyAre = (bytes: unknown): string => bytes as string
const serializers = { 17: asTheyAre, 1021: asTheyAre }

parentPort?.on('message', (question: Question | 'close') => {
  void answer(question).then((reply) => parentPort?.postMessage(reply))
})
parentPort?.postMessage('ready')

async function answer(question: Question | 'close'): Promise<Reply | 'closed'> {
  if (question === 'close') {
    await db.close()
    return 'closed'
  }
  const { id, sql, params } = question
  try {
    return { id, result: await ask(sql, params) }
  } catch (error) {
    return { id, error: described(error) }
  }
}

async function ask(sql: string, params: readonly unknown[]): Promise<RawResult> {
  const how = { rowMode: 'array', serializers } as const
  const { fields, rows, affectedRows } = await db.query(sql, [...params], how)
  return { fields, rows: rows as RawResult['rows'], affectedRows }
}

function described(error: unknown): SqlError {
  const told = (error ?? {}) as Readonly<Record<string, unknown>>
  const texts = facts.flatMap((name) => {
    const value = told[name]
    return typeof value === 'string' ? [[name, value] as const] : []
  })
  const message = error instanceof Error ? error.message : String(error)
  return { message, facts: Object.fromEntries(texts) }
}
