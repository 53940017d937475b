import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { dataUri, qaFlow, startBoth, upsert, type Sourced } from './harness.ts'

let both: Awaited<ReturnType<typeof startBoth>>

beforeAll(async () => {
  both = await startBoth()
})
afterAll(() => both.close())

const notes = [
  'Socks are returned within thirty days.',
  'Shipping to Norway takes four working days.',
  'The shop in Bergen opens at nine.',
].join('\n\n')

describe('an upsert of a text file', () => {
  it('adds its chunks, and answers are found in them', async () => {
    const { app, mock, baseUrl } = both
    const flowData = qaFlow(baseUrl, { loader: { inputs: { txtFile: dataUri(notes) } } })
    const flow = await app.addFlow({ flowData })

    const first = await upsert(both, flow.id)
    expect(first.status).toBe(200)
    expect(first.body).toMatchObject({ numAdded: 3, numUpdated: 0, numSkipped: 0, numDeleted: 0 })
    expect(first.body.addedDocs[1]).toEqual({
      pageContent: 'Shipping to Norway takes four working days.',
      metadata: { source: 'notes.txt', loc: { lines: { from: 3, to: 3 } } },
    })

    mock.onMessage('Shipping to Norway takes four working days.', { content: 'Four days.' })
    const answer = await app.rest<{ text: string; sourceDocuments: Sourced[] }>(
      'POST',
      `/prediction/${flow.id}`,
      {
        token: app.owner.token,
        body: { question: 'Shipping to Norway takes four working days.' },
      },
    )
    expect(answer.status).toBe(200)
    expect(answer.body.text).toBe('Four days.')
    expect(answer.body.sourceDocuments).toEqual([first.body.addedDocs[1]])

    const again = await upsert(both, flow.id)
    expect(again.body).toEqual({
      upsertId: expect.any(String),
      store: 'this server',
      numAdded: 0,
      numUpdated: 0,
      numSkipped: 3,
      numDeleted: 0,
      addedDocs: [],
    })
  })
})
