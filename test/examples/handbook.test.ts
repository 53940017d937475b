import { readFile } from 'node:fs/promises'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startBoth, type Sourced } from '../vectors/harness.ts'

const file = new URL('../../examples/flows/handbook.json', import.meta.url)
const drawnCredential = '5eedc0de-0000-4000-8000-000000000001'

let both: Awaited<ReturnType<typeof startBoth>>

beforeAll(async () => {
  both = await startBoth()
})
afterAll(() => both.close())

interface Canvas {
  nodes: { data: { name: string; inputs: Record<string, unknown> } }[]
}

it('the flow of the README answers from what was uploaded, and says where it stands', async () => {
  const { app, mock, baseUrl } = both
  const { token } = app.owner
  const canvas = JSON.parse(await readFile(file, 'utf8')) as Canvas
  for (const { data } of canvas.nodes) {
    if (data.name === 'chatOpenAI') data.inputs['basepath'] = baseUrl
  }
  const credential = await app.rest('POST', '/credentials', {
    token,
    body: {
      name: 'OpenAI',
      credentialName: 'openAIApi',
      plainDataObj: { openAIApiKey: 'sk-test-123456' },
    },
  })
  const idMap = { [drawnCredential]: credential.body['id'] }
  const imported = await app.rest('POST', '/import-chatflow', {
    token,
    body: { name: 'Handbook', file: canvas, idMap },
  })
  expect(imported.body['foreignIds']).toEqual([])
  const { id } = imported.body['chatflow'] as { id: string }
  expect((await app.rest('GET', `/validation/${id}`, { token })).body).toEqual([])

  const form = new FormData()
  form.append('files', new File(['Parcels to Norway take four days.'], 'parcels.txt'))
  form.append('files', new File(['# Returns\n\nSocks within thirty days.'], 'returns.md'))
  const upsert = await app.app.fetch(
    new Request(`http://flowgate.test/api/v1/vector/upsert/${id}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}` },
      body: form,
    }),
    { address: '192.0.2.1' },
  )
  expect(await upsert.json()).toMatchObject({ numAdded: 2 })

  mock.on({ userMessage: 'How long does a parcel take?' }, { content: 'Four days.' })
  const answer = await app.rest('POST', `/prediction/${id}`, {
    token,
    body: { question: 'How long does a parcel take?' },
  })
  expect(answer.body['text']).toBe('Four days.')
  const [first] = answer.body['sourceDocuments'] as Sourced[]
  expect(first?.metadata['source']).toBe('parcels.txt')
})
