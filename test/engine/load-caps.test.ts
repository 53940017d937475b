import { expect, test } from 'vitest'
import { runLoadJob } from '../../src/engine/documents/load.ts'
import { caps, type LoadJob } from '../../src/engine/node/load-job.ts'
import { failureOf } from './harness.ts'

/** A file of so many rows, each a chunk. */
function rows(count: number): LoadJob {
  const bytes = Buffer.from(`word\n${'a\n'.repeat(count)}`)
  return {
    files: [{ name: 'many.csv', mime: 'text/csv', origin: null, bytes }],
    reading: {
      kind: 'csv',
      perPage: false,
      column: '',
      pointers: [],
      perObject: false,
      selector: '',
    },
    metadata: {},
    omit: [],
  }
}

async function count(job: LoadJob): Promise<number> {
  let chunks = 0
  for await (const documents of runLoadJob(job)) chunks += documents.length
  return chunks
}

test('threat 48: one chunk more than allowed ends the upsert in one sentence', async () => {
  const failure = await failureOf(count(rows(caps.documents + 1)))
  expect(failure.code).toBe('UNPROCESSABLE')
  expect(failure.message).toMatch(/many\.csv.* gives more than 500000 chunks in all/)
}, 60_000)
