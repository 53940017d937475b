import type { ServerResponse } from 'node:http'
import { afterEach, describe, expect, test } from 'vitest'
import { parseFlow } from '../../src/engine/flow/flow.ts'
import type { FlowEvent } from '../../src/engine/node/events.ts'
import { isStreamable } from '../../src/engine/validate.ts'
import { chunk, draw, failureOf, llmChainFlow, run, startStub, textOf } from './harness.ts'

let stub: Awaited<ReturnType<typeof startStub>> | undefined

afterEach(async () => {
  await stub?.stop()
  stub = undefined
})

const pause = (ms: number) =>
  new Promise((resolve) => {
    setTimeout(resolve, ms)
  })

/** Writes deltas one by one; `after` is called when they are out. */
async function streamTo(response: ServerResponse, deltas: readonly object[]): Promise<void> {
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  for (const delta of deltas) {
    response.write(chunk({ index: 0, delta }))
    await pause(5)
  }
}

function finish(response: ServerResponse): void {
  response.write(chunk({ index: 0, delta: {}, finish_reason: 'stop' }))
  response.end('data: [DONE]\n\n')
}

function follow(flowData: string, signal?: AbortSignal) {
  const events: FlowEvent[] = []
  const seen = run(flowData, {
    input: { streaming: true },
    ports: { fetch: stub?.fetch ?? fetch },
    emit: (event) => void events.push(event),
    ...(signal === undefined ? {} : { signal }),
  })
  return { events, seen }
}

test('tokens come as the provider gives them, start first and once', async () => {
  stub = await startStub((_request, response) => {
    const words = ['Rain', 'bow', ' Feet'].map((content) => ({ content }))
    void streamTo(response, words).then(() => finish(response))
  })
  const { events, seen } = follow(llmChainFlow(stub.baseUrl))
  expect((await seen).text).toBe('Rainbow Feet')
  expect(events).toEqual([
    { event: 'start', data: 'Rain' },
    { event: 'token', data: 'Rain' },
    { event: 'token', data: 'bow' },
    { event: 'token', data: ' Feet' },
  ])
})

test('thoughts are told apart from the answer', async () => {
  stub = await startStub((_request, response) => {
    const deltas = [{ reasoning_content: 'Hm.' }, { content: 'Yes.' }]
    void streamTo(response, deltas).then(() => finish(response))
  })
  const flow = llmChainFlow(stub.baseUrl, { model: { name: 'chatLocalAI' } })
  const { events, seen } = follow(flow)
  expect((await seen).text).toBe('Yes.')
  expect(events[0]).toEqual({ event: 'thinking', data: 'Hm.' })
  expect(textOf(events)).toBe('Yes.')
})

test('a model that is not to stream says it in one piece', async () => {
  const bodies: string[] = []
  stub = await startStub((request, response) => {
    request.on('data', (piece: Buffer) => void bodies.push(piece.toString()))
    request.on('end', () => {
      response.setHeader('content-type', 'application/json')
      const message = { role: 'assistant', content: 'whole' }
      const choices = [{ index: 0, message, finish_reason: 'stop' }]
      response.end(JSON.stringify({ id: '1', created: 1, model: 'm', choices }))
    })
  })
  const flow = llmChainFlow(stub.baseUrl, { model: { inputs: { streaming: false } } })
  const { events, seen } = follow(flow)
  expect((await seen).text).toBe('whole')
  expect(bodies.join('')).not.toContain('"stream":true')
  expect(textOf(events)).toBe('whole')
})

test('a run that is not streamed asks for no stream, and tells no tokens', async () => {
  const bodies: string[] = []
  stub = await startStub((request, response) => {
    request.on('data', (piece: Buffer) => void bodies.push(piece.toString()))
    request.on('end', () => {
      if (bodies.join('').includes('"stream":true')) {
        void streamTo(response, [{ content: 'piece' }]).then(() => finish(response))
        return
      }
      response.setHeader('content-type', 'application/json')
      const message = { role: 'assistant', content: 'whole' }
      const choices = [{ index: 0, message, finish_reason: 'stop' }]
      response.end(JSON.stringify({ id: '1', created: 1, model: 'm', choices }))
    })
  })
  const events: FlowEvent[] = []
  const result = await run(llmChainFlow(stub.baseUrl), {
    ports: { fetch: stub.fetch },
    emit: (event) => void events.push(event),
  })
  expect(result.text).toBe('whole')
  expect(events).toEqual([])
})

describe('threat 44: an abort after the first token', () => {
  test.each(['chatOpenAI', 'chatLocalAI'])(
    'threat 44: reaches the provider of %s',
    async (name) => {
      const abort = new AbortController()
      let closed: Promise<unknown> = Promise.resolve()
      stub = await startStub((_request, response) => {
        closed = new Promise((resolve) => {
          response.once('close', () => resolve(undefined))
        })
        void streamTo(response, [{ content: 'first' }])
      })
      const flow = llmChainFlow(stub.baseUrl, { model: { name } })
      const events: FlowEvent[] = []
      const seen = run(flow, {
        input: { streaming: true },
        ports: { fetch: stub.fetch },
        signal: abort.signal,
        emit: (event) => {
          events.push(event)
          if (event.event === 'token') abort.abort()
        },
      })
      const failure = await failureOf(seen)
      expect(failure).toMatchObject({ code: 'CONFLICT', message: 'Flow execution was cancelled.' })
      await closed
      expect(textOf(events)).toBe('first')
    },
  )

  test('threat 44: 200 of them leave nothing behind', async () => {
    let open = 0
    let aborts = 0
    stub = await startStub((_request, response) => {
      open += 1
      response.once('close', () => {
        open -= 1
        aborts += 1
      })
      void streamTo(response, [{ content: 'first' }])
    })
    const { fetch, baseUrl } = stub
    const flow = llmChainFlow(baseUrl)
    const cut = async () => {
      const abort = new AbortController()
      const emit = () => abort.abort()
      const told = { input: { streaming: true }, ports: { fetch }, signal: abort.signal, emit }
      expect((await failureOf(run(flow, told))).code).toBe('CONFLICT')
    }
    for (let round = 0; round < 10; round += 1) await Promise.all(Array.from({ length: 20 }, cut))
    await expect.poll(() => aborts, { timeout: 2000 }).toBe(200)
    expect(open).toBe(0)
    const timers = process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout')
    expect(timers.length).toBeLessThan(10)
  })
})

test('a provider that breaks off is UPSTREAM, and what it said was told', async () => {
  stub = await startStub((_request, response) => {
    void streamTo(response, [{ content: 'first' }]).then(() => response.destroy())
  })
  const { events, seen } = follow(llmChainFlow(stub.baseUrl))
  const failure = await failureOf(seen)
  expect(failure.code).toBe('UPSTREAM')
  expect(failure.message).toMatch(/"ChatOpenAI" \(chatOpenAI_0\)/)
  expect(textOf(events)).toBe('first')
})

test('an error inside a stream is UPSTREAM without the key', async () => {
  stub = await startStub((request, response) => {
    const key = String(request.headers.authorization)
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.write(chunk({ index: 0, delta: { content: 'first' } }))
    response.end(`data: ${JSON.stringify({ error: { message: `bad ${key}` } })}\n\n`)
  })
  const failure = await failureOf(follow(llmChainFlow(stub.baseUrl)).seen)
  expect(failure.code).toBe('UPSTREAM')
  expect(failure.message).not.toContain('sk-live')
})

test('a stream that falls silent is TIMEOUT by the limit of the node', async () => {
  stub = await startStub((_request, response) => {
    void streamTo(response, [{ content: 'first' }])
  })
  const flow = llmChainFlow(stub.baseUrl, { model: { inputs: { timeout: 150 } } })
  expect((await failureOf(follow(flow).seen)).code).toBe('TIMEOUT')
})

const streamable = (flowData: string) => isStreamable(parseFlow({ id: 'f', flowData }))

describe('which flows can stream', () => {
  test.each([
    ['a chain', llmChainFlow('http://x.example'), true],
    [
      'a model that is not to',
      llmChainFlow('http://x.example', { model: { inputs: { streaming: false } } }),
      false,
    ],
    ['nothing', draw([]), false],
  ])('%s', (_what, flowData, expected) => {
    expect(streamable(flowData)).toBe(expected)
  })

  test('an answer that has to be read first does not stream', () => {
    const flow = JSON.parse(llmChainFlow('http://x.example')) as {
      nodes: { id: string; data: { inputs: Record<string, unknown> } }[]
    }
    const chain = flow.nodes.find(({ id }) => id === 'llmChain_0')
    if (chain) chain.data.inputs['outputParser'] = '{{csvOutputParser_0.data.instance}}'
    const parser = JSON.parse(draw([{ id: 'csvOutputParser_0', name: 'csvOutputParser' }])) as {
      nodes: []
    }
    const nodes = [...flow.nodes, ...parser.nodes]
    expect(streamable(JSON.stringify({ ...flow, nodes }))).toBe(false)
  })
})
