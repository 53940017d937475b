import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { draw, startBoth } from './vectors/harness.ts'

let both: Awaited<ReturnType<typeof startBoth>>

beforeAll(async () => {
  both = await startBoth()
})
afterAll(() => both.close())

const ask = async (id: string, question = 'socks') => {
  const { app } = both
  const init = { token: app.owner.token, body: { question } }
  return app.rest<{ text: string; message: string; code: string }>(
    'POST',
    `/prediction/${id}`,
    init,
  )
}

/** A chat model with a cache, and a chain that asks it. */
const remembering = () =>
  draw([
    { id: 'cache', name: 'inMemoryCache', category: 'Cache' },
    {
      id: 'model',
      name: 'chatOpenAI',
      category: 'Chat Models',
      inputs: { basepath: both.baseUrl, cache: '{{cache.data.instance}}' },
    },
    {
      id: 'prompt',
      name: 'promptTemplate',
      category: 'Prompts',
      inputs: { template: 'Name {product}.', promptValues: '{"product":"{{question}}"}' },
    },
    {
      id: 'chain',
      name: 'llmChain',
      category: 'Chains',
      output: 'llmChain',
      inputs: { model: '{{model.data.instance}}', prompt: '{{prompt.data.instance}}' },
    },
  ])

describe('what the server keeps for flows', () => {
  it('is remembered from one prediction to the next, for each flow apart', async () => {
    const { app, mock } = both
    const [first, second] = [
      await app.addFlow({ flowData: remembering() }),
      await app.addFlow({ flowData: remembering() }),
    ]
    mock.onMessage(/socks/, { content: 'Feet' })
    mock.clearRequests()
    expect((await ask(first.id)).body.text).toBe('Feet')
    expect((await ask(first.id)).body.text).toBe('Feet')
    expect(mock.getRequests()).toHaveLength(1)
    expect((await ask(second.id)).body.text).toBe('Feet')
    expect(mock.getRequests()).toHaveLength(2)
  })
})

describe('a database that a flow names', () => {
  const chain = (url: string) =>
    draw([
      {
        id: 'model',
        name: 'chatOpenAI',
        category: 'Chat Models',
        inputs: { basepath: both.baseUrl },
      },
      {
        id: 'sql',
        name: 'sqlDatabaseChain',
        category: 'Chains',
        inputs: { model: '{{model.data.instance}}', database: 'postgres', url },
      },
    ])

  it.each(['127.0.0.1', '[::1]', '10.0.0.1', '169.254.169.254'])(
    'is not asked at %s, which the operator has not allowed',
    async (host) => {
      const url = `postgres://reader:hunter2-hunter2@${host}:5432/shop`
      const { id } = await both.app.addFlow({ flowData: chain(url) })
      const { status, body, text } = await ask(id)
      expect([status, body.code]).toEqual([502, 'UPSTREAM'])
      expect(body.message).toMatch(/on port 5432 are refused: it is not a public address/)
      expect(text).not.toContain('hunter2')
    },
  )
})
