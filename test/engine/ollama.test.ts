import type { ServerResponse } from 'node:http'
import { json } from 'node:stream/consumers'
import { afterEach, expect, test } from 'vitest'
import type { FlowEvent } from '../../src/engine/node/events.ts'
import { failureOf, llmChainFlow, run, startStub, textOf, wire } from './harness.ts'

let stub: Awaited<ReturnType<typeof startStub>> | undefined

afterEach(async () => {
  await stub?.stop()
  stub = undefined
})

interface Asked {
  readonly url: string | undefined
  readonly body: unknown
}

/** An Ollama that answers one thing after the other. */
async function ollama(...answers: readonly ((response: ServerResponse) => void)[]) {
  const asked: Asked[] = []
  stub = await startStub((request, response) => {
    void json(request).then((body) => {
      answers[asked.length]?.(response)
      asked.push({ url: request.url, body })
    })
  })
  return { asked, baseUrl: stub.baseUrl.replace('/v1', ''), ports: { fetch: stub.fetch } }
}

const say = (told: object) => (response: ServerResponse) => response.end(JSON.stringify(told))
const modelOf = (inputs: object) => ({
  name: 'chatOllama',
  inputs: { modelName: 'llama3', basepath: '', streaming: false, ...inputs },
})

test('what OpenAI has no word for is asked for in the format of Ollama', async () => {
  const message = { role: 'assistant', content: 'Rainbow Feet' }
  const done = { done: true, done_reason: 'stop', prompt_eval_count: 7, eval_count: 2 }
  const { asked, baseUrl, ports } = await ollama(say({ message, ...done }))
  const inputs = { baseUrl, numCtx: '8192', numGpu: '0', topK: '', stop: 'END', keepAlive: '10m' }
  const flow = llmChainFlow('', { model: modelOf({ ...inputs, jsonMode: true, numPredict: '9' }) })
  const result = await run(flow, { ports })
  expect(result).toMatchObject({ text: 'Rainbow Feet', usage: { input_tokens: 7 } })
  const options = { temperature: 0.2, num_predict: 9, stop: ['END'], num_ctx: 8192, num_gpu: 0 }
  const messages = [{ role: 'user', content: 'Name a company that makes socks.' }]
  const own = { keep_alive: '10m', think: false, format: 'json', options }
  const body = { model: 'llama3', stream: false, messages, ...own }
  expect(asked).toEqual([{ url: '/api/chat', body }])
})

test.each([
  ['300', 300],
  ['-1', -1],
  ['5m', '5m'],
])('it is kept for %s', async (keepAlive, kept) => {
  const message = { role: 'assistant', content: 'Feet' }
  const { asked, baseUrl, ports } = await ollama(say({ message, done: true }))
  await run(llmChainFlow('', { model: modelOf({ baseUrl, keepAlive }) }), { ports })
  expect(asked[0]?.body).toMatchObject({ keep_alive: kept })
})

test('without such it is asked as others are', async () => {
  const { asked, baseUrl, ports } = await ollama(
    say({ choices: [{ message: { role: 'assistant', content: 'Feet' } }] }),
  )
  await run(llmChainFlow('', { model: modelOf({ baseUrl, numCtx: '' }) }), { ports })
  expect(asked.map(({ url }) => url)).toEqual(['/v1/chat/completions'])
})

test('its stream is told piece by piece, lines torn apart or not', async () => {
  const lines = [
    { message: { role: 'assistant', content: '', thinking: 'Hm.' }, done: false },
    { message: { role: 'assistant', content: 'Rain' }, done: false },
    { message: { role: 'assistant', content: 'bow' }, done: false },
    { message: { role: 'assistant', content: '' }, done: true, done_reason: 'stop', eval_count: 3 },
  ]
  const text = lines.map((line) => `${JSON.stringify(line)}\n`).join('')
  const { baseUrl, ports } = await ollama((response) => {
    response.write(text.slice(0, 100))
    setTimeout(() => response.end(text.slice(100)), 20)
  })
  const events: FlowEvent[] = []
  const flow = llmChainFlow('', { model: modelOf({ baseUrl, streaming: true, numCtx: 4096 }) })
  const emit = (event: FlowEvent) => void events.push(event)
  const result = await run(flow, { ports, emit, input: { streaming: true } })
  expect(textOf(events)).toBe('Rainbow')
  expect(events.find(({ event }) => event === 'thinking')?.data).toBe('Hm.')
  expect(result.usage).toMatchObject({ output_tokens: 3 })
})

test('tools are called and their results told by name', async () => {
  const called = { function: { name: 'calculator', arguments: { input: '6*7' } } }
  const { asked, baseUrl, ports } = await ollama(
    say({ message: { role: 'assistant', content: '', tool_calls: [called] }, done: true }),
    say({ message: { role: 'assistant', content: 'It is 42.' }, done: true }),
  )
  const flow = wire([
    { id: 'm', ...modelOf({ baseUrl, think: true }) },
    { id: 'c', name: 'calculator' },
    {
      id: 'a',
      name: 'toolAgent',
      category: 'Agents',
      inputs: { model: '{{m.data.instance}}', tools: ['{{c.data.instance}}'] },
    },
  ])
  expect((await run(flow, { ports })).text).toBe('It is 42.')
  expect(asked[0]?.body).toMatchObject({ think: true, tools: [{ function: {} }] })
  expect(asked[1]?.body).toMatchObject({
    messages: [
      {},
      { role: 'user', content: 'socks' },
      { role: 'assistant', tool_calls: [called] },
      { role: 'tool', content: '42', tool_name: 'calculator' },
    ],
  })
})

test('what it refuses with is told', async () => {
  const { baseUrl, ports } = await ollama((response) => {
    response.writeHead(404, { 'content-type': 'application/json' })
    response.end('{"error":"model \'llama3\' not found"}')
  })
  const failure = await failureOf(
    run(llmChainFlow('', { model: modelOf({ baseUrl, numCtx: 4096 }) }), { ports }),
  )
  expect(failure.message).toMatch(/answered 404: model 'llama3' not found/)
})
