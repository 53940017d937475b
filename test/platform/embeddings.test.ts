import { expect, test } from 'vitest'
import { createLocalEmbeddings } from '../../src/platform/workers/embeddings.ts'

test('local embeddings let so many wait and no more, and forget those who go', async () => {
  const embeddings = createLocalEmbeddings()
  const gone = new AbortController()
  const embed = () => embeddings.embed(['A text.'], gone.signal)
  const waiting = Promise.allSettled(Array.from({ length: 65 }, embed))
  await expect(embed()).rejects.toMatchObject({
    code: 'UNAVAILABLE',
    message: 'Too many texts are being embedded at once; please try again.',
  })
  gone.abort(new Error('Nobody wants them.'))
  for (const outcome of await waiting) {
    expect(outcome).toMatchObject({ reason: { message: 'Nobody wants them.' } })
  }
  const patient = new AbortController().signal
  expect(await embeddings.embed(['A text.'], patient)).toHaveLength(1)
  await embeddings.close()
}, 60_000)
