import { describe, expect, test } from 'vitest'
import { upsertFlow } from '../../src/engine/upsert.ts'
import { buildInstance, draw, failureOf, keepsNothing, requestFor } from './harness.ts'

const kinds = ['postgresRecordManager', 'MySQLRecordManager', 'SQLiteRecordManager']

/** A store with a text to keep, and whatever is wired in as its record manager. */
const storing = (recordManager: string) =>
  draw([
    { id: 'text', name: 'plainText', output: 'document', inputs: { text: 'socks' } },
    { id: 'vectors', name: 'localEmbeddings' },
    { id: 'records', name: 'SQLiteRecordManager', inputs: { cleanup: 'full' } },
    {
      id: 'store',
      name: 'pinecone',
      label: 'Pinecone',
      category: 'Vector Stores',
      inputs: {
        document: '{{text.data.instance}}',
        embeddings: '{{vectors.data.instance}}',
        recordManager,
      },
    },
  ])

const cleanups: string[] = []

const upsert = (recordManager: string) =>
  upsertFlow(
    requestFor(storing(recordManager), {
      ports: {
        embedLocally: async (texts) => texts.map(() => [1]),
        vectors: {
          search: async () => [],
          open: async (...how) => ({
            ...(await keepsNothing(...how)),
            commit: async (cleanup) => {
              cleanups.push(cleanup)
              return { numAdded: 1, numUpdated: 0, numSkipped: 0, numDeleted: 0 }
            },
          }),
        },
      },
    }),
  )

describe.each(kinds)('%s', (name) => {
  test('is what an upsert can read of how older chunks are cleaned up', async () => {
    const kind = 'recordManager'
    expect(await buildInstance(kind, { name })).toEqual({
      kind,
      cleanup: 'none',
      sourceIdKey: 'source',
    })
    const inputs = { cleanup: 'incremental', sourceIdKey: 'page', namespace: 'mine' }
    expect(await buildInstance(kind, { name, inputs })).toEqual({
      kind,
      cleanup: 'incremental',
      sourceIdKey: 'page',
    })
  })

  test('refuses a way to clean up that it does not know', async () => {
    const built = buildInstance('recordManager', { name, inputs: { cleanup: 'all' } })
    const { code, message } = await failureOf(built)
    expect(code).toBe('UNPROCESSABLE')
    expect(message).toContain('"cleanup" must be one of none, incremental, full')
  })
})

test('a store takes a record manager, and nothing else in its place', async () => {
  const { numAdded } = await upsert('{{records.data.instance}}')
  expect(numAdded).toBe(1)
  expect(cleanups).toEqual(['namespace'])
  const { message } = await failureOf(upsert('{{vectors.data.instance}}'))
  expect(message).toBe(
    'The node "Pinecone" (store) cannot run: its input "recordManager" takes a record manager and nothing else.',
  )
})
