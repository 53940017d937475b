import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { FlowEvent } from '../../src/engine/node/events.ts'
import { failureOf, llmChainFlow, run, startProvider, startStub, textOf } from './harness.ts'

let provider: Awaited<ReturnType<typeof startProvider>>
let stub: Awaited<ReturnType<typeof startStub>> | undefined

beforeAll(async () => {
  provider = await startProvider()
})
afterEach(async () => {
  await stub?.stop()
  stub = undefined
})
afterAll(() => provider.stop())

/** A model that continues texts, at a server which answers in turn and remembers what it heard. */
async function continued(name: string, inputs: Record<string, unknown>, answers: unknown[]) {
  const heard: { url: string; auth: unknown; body: string }[] = []
  stub = await startStub((request, response) => {
    let body = ''
    request.on('data', (piece: Buffer) => (body += piece.toString()))
    request.on('end', () => {
      heard.push({ url: request.url ?? '', auth: request.headers.authorization, body })
      const answer = answers[heard.length - 1]
      response.setHeader('content-type', 'application/json')
      response.writeHead(answer === undefined ? 422 : 200)
      response.end(JSON.stringify(answer ?? { detail: 'no such version' }))
    })
  })
  const { fetch } = stub
  const drawn = llmChainFlow(stub.baseUrl, {
    model: { name, inputs: { temperature: '', ...inputs } },
  })
  const credential = async () => ({
    openAIApiKey: 'key-0123456789',
    replicateApiKey: 'key-0123456789',
  })
  return { heard, drawn, told: { ports: { fetch, credential } } }
}

const prompt = 'Name a company that makes socks.'

describe('OpenAI from before chats', () => {
  const completion = {
    id: '1',
    created: 1,
    model: 'm',
    choices: [{ index: 0, text: 'Rainbow Feet', finish_reason: 'stop' }],
    usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 },
  }

  test('continues a text', async () => {
    const inputs = { modelName: '', maxTokens: '9' }
    const { heard, drawn, told } = await continued('openAI', inputs, [completion])
    expect((await run(drawn, told)).text).toBe('Rainbow Feet')
    expect(heard[0]).toMatchObject({ url: '/v1/completions', auth: 'Bearer key-0123456789' })
    const body = JSON.parse(heard[0]?.body ?? '') as Record<string, unknown>
    expect(body).toMatchObject({ model: 'gpt-3.5-turbo-instruct', temperature: 0.7, max_tokens: 9 })
    expect(body['prompt']).toContain(prompt)
  })

  test('chats where the author has chosen a model that does', async () => {
    const message = { role: 'assistant', content: 'Hi' }
    const chat = { ...completion, choices: [{ index: 0, message, finish_reason: 'stop' }] }
    const inputs = { modelName: 'gpt-4o-mini' }
    const { heard, drawn, told } = await continued('openAI', inputs, [chat])
    expect((await run(drawn, told)).text).toBe('Hi')
    expect(heard[0]?.url).toBe('/v1/chat/completions')
  })
})

describe('Replicate', () => {
  const inputs = { model: 'acme/llama', maxTokens: '9', additionalInputs: '{"seed":7}' }
  const done = { id: 'p/1', status: 'succeeded', output: ['Rainbow', ' Feet'] }

  test('is asked again until its prediction is done', async () => {
    const answers = [{ id: 'p/1', status: 'starting' }, { id: 'p/1', status: 'processing' }, done]
    const { heard, drawn, told } = await continued('replicate', inputs, answers)
    const events: FlowEvent[] = []
    const emit = (event: FlowEvent) => void events.push(event)
    const result = await run(drawn, { ...told, input: { streaming: true }, emit })
    expect(result.text).toBe('Rainbow Feet')
    expect(textOf(events)).toBe('Rainbow Feet')
    expect(heard.map(({ url }) => url)).toEqual([
      '/v1/models/acme/llama/predictions',
      '/v1/predictions/p%2F1',
      '/v1/predictions/p%2F1',
    ])
    expect(heard[2]?.auth).toBe('Bearer key-0123456789')
    expect(JSON.parse(heard[0]?.body ?? '')).toEqual({
      input: { prompt, temperature: 0.7, max_length: 9, seed: 7 },
    })
  })

  test('a version of a model is asked by its number', async () => {
    const named = { ...inputs, model: 'acme/llama:abc123' }
    const { heard, drawn, told } = await continued('replicate', named, [{ ...done, output: 'One' }])
    expect((await run(drawn, told)).text).toBe('One')
    expect(heard[0]?.url).toBe('/v1/predictions')
    expect(JSON.parse(heard[0]?.body ?? '')).toMatchObject({ version: 'abc123' })
  })

  test.each<[string, unknown, RegExp]>([
    ['one that failed', { id: 'p', status: 'failed', error: 'too hot' }, /failed: too hot/],
    ['one that was stopped', { id: 'p', status: 'canceled' }, /failed: canceled/],
    ['one that is refused', undefined, /answered 422: .*no such version/],
  ])('%s is told with the node', async (_what, answer, message) => {
    const { drawn, told } = await continued('replicate', inputs, [answer])
    const failure = await failureOf(run(drawn, told))
    expect(failure.code).toBe('UPSTREAM')
    expect(failure.message).toMatch(message)
    expect(failure.message).toMatch(/"ChatOpenAI" \(chatOpenAI_0\)/)
  })

  test('a model that is none is refused', async () => {
    const { drawn, told } = await continued('replicate', { model: '../x' }, [])
    expect((await failureOf(run(drawn, told))).message).toMatch(/needs a model such as owner\/name/)
  })

  test('an abort ends the asking', async () => {
    const waiting = Array.from({ length: 9 }, () => ({ id: 'p', status: 'starting' }))
    const { heard, drawn, told } = await continued('replicate', inputs, waiting)
    const abort = new AbortController()
    setTimeout(() => abort.abort(), 300)
    const failure = await failureOf(run(drawn, { ...told, signal: abort.signal }))
    expect(failure.code).toBe('CONFLICT')
    expect(heard).toHaveLength(1)
  })
})
