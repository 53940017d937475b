import { afterEach, describe, expect, test } from 'vitest'
import { Failure } from '../../src/core/errors.ts'
import type { FlowEvent } from '../../src/engine/node/events.ts'
import {
  chunk,
  draw,
  failureOf,
  llmChainFlow,
  providerKey,
  refuse,
  run,
  startStub,
} from './harness.ts'

let stub: Awaited<ReturnType<typeof startStub>> | undefined

afterEach(async () => {
  await stub?.stop()
  stub = undefined
})

const chain = (inputs: Record<string, unknown>) =>
  draw(
    [
      { id: 'promptTemplate_0', name: 'promptTemplate', inputs: { template: 'x' } },
      { id: 'llmChain_0', name: 'llmChain', label: 'My chain', category: 'Chains', inputs },
    ],
    [['promptTemplate_0', 'llmChain_0']],
  )

const noCredential = async () => {
  throw new Failure('UNPROCESSABLE', 'there is no credential with the id cred-1.')
}

const encodings: [string, (key: string) => string][] = [
  ['as it is', (key) => `Bearer ${key}`],
  ['bare', (key) => key],
  ['its first half', (key) => `x ${key.slice(0, 18)} x`],
  ['its tail', (key) => key.slice(-16)],
  ['base64', (key) => Buffer.from(key).toString('base64')],
  ['masked by the provider', () => 'Incorrect API key provided: sk-live-****KLMN.'],
]

describe('threat 46: a provider that echoes what it got', () => {
  test.each(encodings)('threat 46: the key is not in the message: %s', async (_what, echo) => {
    const plain = 'p@ss/word+with odd&chars'
    stub = await startStub((request, response) => {
      const key = (request.headers.authorization ?? '').replace('Bearer ', '')
      const team = String(request.headers['x-team'])
      refuse(response, 401, `Denied: ${echo(key)} and ${echo(team)}`)
    })
    const model = { inputs: { baseOptions: { headers: { 'X-Team': plain } } } }
    const failure = await failureOf(
      run(llmChainFlow(stub.baseUrl, { model }), { ports: { fetch: stub.fetch } }),
    )
    expect(stub.requests[0]?.headers.authorization).toBe(`Bearer ${providerKey}`)
    expect(failure.code).toBe('UPSTREAM')
    expect(failure.message).toMatch(/"ChatOpenAI" \(chatOpenAI_0\) answered 401: /)
    for (let at = 0; at + 8 <= providerKey.length; at += 1) {
      expect(failure.message).not.toContain(providerKey.slice(at, at + 8))
    }
    expect(failure.message).not.toContain(Buffer.from(providerKey).toString('base64').slice(0, 12))
    expect(failure.message).not.toContain(plain)
    expect(failure.message).not.toContain('KLMN')
    expect(failure.cause).toBeUndefined()
  })

  test('threat 46: 50 runs at once keep to themselves', async () => {
    stub = await startStub((request, response) => {
      let body = ''
      request.on('data', (chunk: Buffer) => (body += chunk.toString()))
      request.on('end', () => {
        const said = JSON.parse(body) as { messages: { content: string }[] }
        const delta = { role: 'assistant', content: said.messages[0]?.content }
        response.writeHead(200, { 'content-type': 'text/event-stream' })
        response.write(chunk({ index: 0, delta }))
        response.end(`${chunk({ index: 0, delta: {}, finish_reason: 'stop' })}data: [DONE]\n\n`)
      })
    })
    const { baseUrl, fetch } = stub
    const canaries = Array.from({ length: 50 }, (_, index) => `canary-${index}-`)
    const results = await Promise.all(
      canaries.map(async (question) => {
        const events: FlowEvent[] = []
        const emit = (event: FlowEvent) => void events.push(event)
        const result = await run(llmChainFlow(baseUrl), {
          input: { question, streaming: true },
          ports: { fetch },
          emit,
        })
        return JSON.stringify([result, events])
      }),
    )
    for (const [index, told] of results.entries()) {
      expect(told.match(/canary-\d+-/g)).toEqual(Array(3).fill(`canary-${index}-`))
    }
  })
})

const completion = {
  choices: [{ index: 0, message: { role: 'assistant', content: 'Hello.' }, finish_reason: 'stop' }],
}

describe('what a provider may do wrong', () => {
  test.each([
    [400, 'no such model', /answered 400: no such model/],
    [403, 'no', /answered 403: no/],
    [404, 'x'.repeat(5000), /answered 404: x+…$/],
  ])('status %i is UPSTREAM and says so', async (status, words, message) => {
    stub = await startStub((_request, response) => refuse(response, status, words))
    const failure = await failureOf(
      run(llmChainFlow(stub.baseUrl), { ports: { fetch: stub.fetch } }),
    )
    expect(failure.code).toBe('UPSTREAM')
    expect(failure.message).toMatch(message)
    expect(failure.message.length).toBeLessThan(600)
    expect(stub.requests).toHaveLength(1)
  })

  test('a busy provider is asked once more', async () => {
    stub = await startStub((_request, response) => {
      response.setHeader('retry-after-ms', '1')
      refuse(response, 503, 'busy')
    })
    const failure = await failureOf(
      run(llmChainFlow(stub.baseUrl), { ports: { fetch: stub.fetch } }),
    )
    expect(failure.message).toMatch(/answered 503: busy/)
    expect(stub.requests).toHaveLength(2)
  })

  test.each([
    ['retry-after-ms', '1'],
    ['retry-after', '0'],
    ['retry-after', 'Mon, 06 Jan 2020 00:00:00 GMT'],
  ])('what it answers then is the answer, after the time that %s: %s says', async (name, value) => {
    let asked = 0
    stub = await startStub((_request, response) => {
      response.setHeader(name, value)
      if ((asked += 1) === 1) refuse(response, 429, 'busy')
      else response.end(JSON.stringify(completion))
    })
    const result = await run(llmChainFlow(stub.baseUrl), { ports: { fetch: stub.fetch } })
    expect(result.text).toBe('Hello.')
    expect(stub.requests).toHaveLength(2)
  })

  test('waiting for it ends with the run', async () => {
    const abort = new AbortController()
    stub = await startStub((_request, response) => {
      response.setHeader('retry-after', '30')
      refuse(response, 503, 'busy')
      setTimeout(() => abort.abort(), 50)
    })
    const how = { ports: { fetch: stub.fetch }, signal: abort.signal }
    const failure = await failureOf(run(llmChainFlow(stub.baseUrl), how))
    expect(failure.code).toBe('CONFLICT')
    expect(stub.requests).toHaveLength(1)
  })

  test('an answer that is no JSON is UPSTREAM', async () => {
    stub = await startStub((_request, response) => response.end('<html>'))
    const failure = await failureOf(
      run(llmChainFlow(stub.baseUrl), { ports: { fetch: stub.fetch } }),
    )
    expect(failure.code).toBe('UPSTREAM')
  })

  test('silence is TIMEOUT by the limit of the node', async () => {
    stub = await startStub(() => undefined)
    const flow = llmChainFlow(stub.baseUrl, { model: { inputs: { timeout: 100 } } })
    const failure = await failureOf(run(flow, { ports: { fetch: stub.fetch } }))
    expect(failure.code).toBe('TIMEOUT')
    expect(failure.message).toMatch(/"ChatOpenAI" \(chatOpenAI_0\) did not answer within 0.1 s/)
  })

  test('an address inside is UPSTREAM, named without its path', async () => {
    stub = await startStub((_request, response) => response.end())
    const inside = 'http://169.254.169.254/latest?secret=1'
    const failure = await failureOf(run(llmChainFlow(inside), { ports: { fetch: stub.fetch } }))
    expect(failure.code).toBe('UPSTREAM')
    expect(failure.message).toMatch(/169\.254\.169\.254 on port 80 are refused/)
    expect(failure.message).not.toMatch(/latest|secret/)
  })
})

describe('abort', () => {
  test('ends the provider call, and the run with CONFLICT', async () => {
    const abort = new AbortController()
    let closed: Promise<void> = Promise.resolve()
    stub = await startStub((_request, response) => {
      closed = new Promise((resolve) => {
        response.once('close', resolve)
      })
      abort.abort()
    })
    const failure = await failureOf(
      run(llmChainFlow(stub.baseUrl), { ports: { fetch: stub.fetch }, signal: abort.signal }),
    )
    expect(failure.code).toBe('CONFLICT')
    await closed
  })

  test.each([
    [new Failure('UNAVAILABLE', 'Shutting down.'), 'UNAVAILABLE'],
    [new DOMException('late', 'TimeoutError'), 'TIMEOUT'],
    [undefined, 'CONFLICT'],
  ])('reason %s', async (reason, code) => {
    const signal = AbortSignal.abort(reason)
    expect((await failureOf(run(llmChainFlow('http://x.example'), { signal }))).code).toBe(code)
  })
})

describe('credentials', () => {
  test('a missing one is refused with the name of the node', async () => {
    const failure = await failureOf(
      run(llmChainFlow('http://x.example'), { ports: { credential: noCredential } }),
    )
    expect(failure.code).toBe('UNPROCESSABLE')
    expect(failure.message).toMatch(
      /"ChatOpenAI" \(chatOpenAI_0\).*no credential with the id cred-1/,
    )
  })

  test('none at all is refused before the provider is asked', async () => {
    const model = { credential: '', inputs: { basepath: '' } }
    const failure = await failureOf(run(llmChainFlow('', { model })))
    expect(failure.message).toMatch(
      /"ChatOpenAI" \(chatOpenAI_0\) cannot run: it needs a credential/,
    )
  })

  test("the environment's key is never used", async () => {
    process.env['OPENAI_API_KEY'] = 'sk-of-the-server-itself'
    stub = await startStub((_request, response) => refuse(response, 400, 'no'))
    const flow = llmChainFlow(stub.baseUrl, { model: { credential: '' } })
    await failureOf(run(flow, { ports: { fetch: stub.fetch } }))
    delete process.env['OPENAI_API_KEY']
    expect(stub.requests[0]?.headers.authorization).toBeUndefined()
  })
})

describe('wrong wires', () => {
  const prompt = '{{promptTemplate_0.data.instance}}'

  test.each([
    [{ prompt }, /"My chain" \(llmChain_0\) cannot run: its input "model" needs a chat model/],
    [{ prompt, model: prompt }, /"model" takes a chat model and nothing else/],
    [
      { prompt, model: '{{gone_0.data.instance}}' },
      /"model" refers to \{\{gone_0\.data\.instance\}\}, and there is no such node in the flow/,
    ],
  ])('%j', async (inputs, message) => {
    const failure = await failureOf(run(chain(inputs)))
    expect(failure.code).toBe('UNPROCESSABLE')
    expect(failure.message).toMatch(message)
  })
})
