import type { ServerResponse } from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'
import { afterEach, describe, expect, test } from 'vitest'
import { createTally } from '../../src/engine/model/usage.ts'
import type { FlowEvent } from '../../src/engine/node/events.ts'
import { draw, failureOf, llmChainFlow, providerKey, run, startStub, textOf } from './harness.ts'
import { outputOf, start } from './script.ts'

let stub: Awaited<ReturnType<typeof startStub>> | undefined

afterEach(async () => {
  await stub?.stop()
  stub = undefined
})

type Answer = (response: ServerResponse) => unknown
type Json = Record<string, unknown>

/** A provider that answers so at its first, second, … request; gives what it was asked. */
async function serve(...answers: readonly Answer[]) {
  const bodies: Json[] = []
  stub = await startStub((request, response) => {
    let body = ''
    request.on('data', (piece: Buffer) => (body += piece.toString()))
    request.on('end', () => {
      bodies.push(JSON.parse(body) as Json)
      void answers[bodies.length - 1]?.(response)
    })
  })
  return { ...stub, bodies }
}

/** An event stream in packets of their own. */
const packets =
  (...parts: readonly (string | Uint8Array)[]): Answer =>
  async (response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    for (const part of parts) {
      response.write(part)
      await pause(5)
    }
    response.end()
  }

const json =
  (body: unknown): Answer =>
  (response) => {
    response.writeHead(200, { 'content-type': 'application/json; charset=utf-8' })
    response.end(JSON.stringify(body))
  }

const event = (body: unknown): string => `data: ${JSON.stringify(body)}\n\n`
const piece = (delta: Json): string => event({ choices: [{ index: 0, delta }] })
const stop = event({ choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] })
const done = 'data: [DONE]\n\n'
const whole = (message: Json, more: Json = {}): Answer =>
  json({ choices: [{ index: 0, message, finish_reason: 'stop' }], ...more })

/** Packets for events, each of which is one. */
const pieces = (...deltas: readonly Json[]): Answer => packets(...deltas.map(piece), stop, done)

/** Lets an LLM chain ask, and tells what was heard of the answer. */
async function ask(answer: Answer, { streaming = true, model = {} } = {}) {
  const { baseUrl, fetch, requests } = await serve(answer)
  const events: FlowEvent[] = []
  const tally = createTally()
  const result = await run(llmChainFlow(baseUrl, { model }), {
    input: { streaming },
    ports: { fetch, credential: async () => ({ openAIApiKey: providerKey }) },
    spend: tally.spend,
    emit: (event) => void events.push(event),
  })
  const thoughts = events.map((at) => (at.event === 'thinking' ? at.data : '')).join('')
  return { text: result.text, told: textOf(events), thoughts, usage: tally.total(), requests }
}

const usage = (input: number, output: number) => ({
  input_tokens: input,
  output_tokens: output,
  total_tokens: input + output,
})
const counted = { prompt_tokens: 7, completion_tokens: 3, total_tokens: 10 }

describe('a streamed text', () => {
  const said = 'Zażółć — 🦊!'
  const sent = piece({ content: said }) + stop + done
  const inTwo = sent.replaceAll('"choices":', '\ndata: "choices":')
  const bytes = Buffer.from(sent)
  const within = (character: string): number => bytes.indexOf(Buffer.from(character)) + 1
  const cutAt = (...places: readonly number[]): Uint8Array[] =>
    [0, ...places].map((from, at) => bytes.subarray(from, places[at]))

  test.each<[string, readonly (string | Uint8Array)[]]>([
    ['in one packet', [sent]],
    ['cut in a letter', cutAt(within('ż'))],
    ['cut twice in one character', cutAt(within('🦊'), within('🦊') + 2)],
    ['cut in the word data', cutAt(2)],
    ['cut in a line', cutAt(12, 20, within('!'))],
    ['cut between the two ends of its line', cutAt(bytes.indexOf('\n') + 1)],
    ['byte by byte', cutAt(...Array.from({ length: bytes.length - 1 }, (_, at) => at + 1))],
    ['with CRLF', [sent.replaceAll('\n', '\r\n')]],
    ['with CRLF, cut between', sent.replaceAll('\n', '\r\n').split(/(?<=\r)/)],
    ['with CR', [sent.replaceAll('\n', '\r')]],
    ['with heartbeats', [': ping\n\n', ...sent.split(/(?<=\n\n)/).map((at) => `${at}: ping\n\n`)]],
    ['without blanks after the colons', [sent.replaceAll('data: ', 'data:')]],
    ['with other fields', [sent.replaceAll('data: ', 'event: x\nid: 1\nretry: 1\ndata: ')]],
    ['with a mark of the byte order', [`\uFEFF${sent}`]],
    ['without the last line ends', [sent.trimEnd()]],
    ['in events of two lines', [inTwo]],
    [
      'in events of two lines, with CRLF, cut between',
      inTwo.replaceAll('\n', '\r\n').split(/(?<=\r)/),
    ],
  ])('%s is read', async (_what, parts) => {
    expect(await ask(packets(...parts))).toMatchObject({ text: said, told: said })
  })

  test('is told piece by piece', async () => {
    const { baseUrl, fetch } = await serve(
      pieces({ content: 'a' }, { content: '' }, { content: 'b' }),
    )
    const tokens: FlowEvent[] = []
    const emit = (event: FlowEvent) => void (event.event === 'token' && tokens.push(event))
    await run(llmChainFlow(baseUrl), { input: { streaming: true }, ports: { fetch }, emit })
    expect(tokens.map(({ data }) => data)).toEqual(['a', 'b'])
  })

  test('costs what its last count says', async () => {
    const early = { prompt_tokens: 7, completion_tokens: 1 }
    const answer = packets(
      event({ choices: [{ delta: { content: 'a' } }], usage: early }),
      event({ choices: [{ delta: { content: 'b' } }], usage: null }),
      stop,
      event({ choices: [], usage: counted }),
      done,
    )
    expect(await ask(answer)).toMatchObject({ text: 'ab', usage: usage(7, 3) })
    const first = packets(event({ choices: [], usage: counted }), piece({ content: 'a' }), stop)
    await stub?.stop()
    expect((await ask(first)).usage).toEqual(usage(7, 3))
  })

  test('that is not counted costs nothing', async () => {
    expect((await ask(pieces({ content: 'a' }))).usage).toEqual(usage(0, 0))
  })

  test('is asked for with its count', async () => {
    const { baseUrl, fetch, bodies } = await serve(pieces({ content: 'a' }))
    await run(llmChainFlow(baseUrl), { input: { streaming: true }, ports: { fetch } })
    expect(bodies).toMatchObject([{ stream: true, stream_options: { include_usage: true } }])
  })
})

describe('the end of a stream', () => {
  test.each<[string, readonly string[]]>([
    ['finish_reason alone', [stop]],
    ['[DONE] alone', [done]],
    ['[DONE] without a line end', ['data: [DONE]']],
    ['finish_reason without a line end', [stop.trimEnd()]],
    ['[DONE] before the last words', [done, piece({ content: '!' })]],
  ])('%s makes it whole', async (_what, ending) => {
    const { text } = await ask(packets(piece({ content: 'whole' }), ...ending))
    expect(text).toMatch(/^whole!?$/)
  })

  test.each<[string, readonly string[]]>([
    ['neither of them', [piece({ content: 'half' })]],
    ['half a line', [piece({ content: 'half' }), 'data: {"choices":[{"del']],
    ['no word', []],
    ['heartbeats only', [': ping\n\n']],
    ['no JSON', ['data: <html>\n\n', stop]],
    ['JSON that is no answer', ['data: [1]\n\n', stop]],
  ])('%s is UPSTREAM', async (_what, parts) => {
    const failure = await failureOf(ask(packets(...parts)))
    expect(failure.code).toBe('UPSTREAM')
    expect(failure.message).toMatch(/^The provider of "ChatOpenAI" \(chatOpenAI_0\) gave an answer/)
  })

  test('a line that breaks off is UPSTREAM', async () => {
    const answer: Answer = async (response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      response.write(piece({ content: 'half' }))
      await pause(20)
      response.destroy()
    }
    const failure = await failureOf(ask(answer))
    expect(failure.code).toBe('UPSTREAM')
    expect(failure.message).toMatch(/could not be reached/)
  })

  test.each<[string, unknown, RegExp]>([
    ['an object', { message: 'Out of memory.', type: 'e' }, /failed: Out of memory\.$/],
    ['a text', 'Out of memory.', /failed: Out of memory\.$/],
    ['nothing to read', { code: 7 }, /gave an answer that cannot be read\.$/],
  ])('an error within that is %s is told', async (_what, error, message) => {
    const answer = packets(piece({ content: 'half' }), event({ error }), done)
    const failure = await failureOf(ask(answer))
    expect(failure.code).toBe('UPSTREAM')
    expect(failure.message).toMatch(message)
  })
})

/** What is said of thoughts and texts, in pieces or whole. */
const says: [string, Json, { text: string; thoughts?: string }][] = [
  ['reasoning_content', { reasoning_content: 'Hm.', content: 'Yes.' }, both()],
  ['reasoning', { reasoning: 'Hm.', content: 'Yes.' }, both()],
  ['reasoning beside null', { reasoning_content: null, reasoning: 'Hm.', content: 'Yes.' }, both()],
  [
    'a list of parts',
    {
      content: [
        { type: 'thinking', thinking: [{ type: 'text', text: 'Hm.' }] },
        { type: 'text', text: 'Ye' },
        { type: 'unknown', text: 'no' },
        { type: 'text', text: 's.' },
      ],
    },
    both(),
  ],
  ['a refusal', { content: null, refusal: 'No.' }, { text: 'No.', thoughts: '' }],
  ['a refusal after words', { content: 'Well. ', refusal: 'No.' }, { text: 'Well. No.' }],
]

function both() {
  return { text: 'Yes.', thoughts: 'Hm.' }
}

describe.each(says)('%s', (_what, message, { text, ...more }) => {
  const expected = { text, told: text, ...more }

  test('is read piece by piece', async () => {
    expect(await ask(pieces(message))).toMatchObject(expected)
  })

  test('is read whole, though it was to be streamed', async () => {
    expect(await ask(whole(message, { usage: counted }))).toMatchObject({
      ...expected,
      usage: usage(7, 3),
    })
  })

  test('is read whole', async () => {
    expect((await ask(whole(message), { streaming: false })).text).toBe(text)
  })
})

describe('a whole answer', () => {
  test.each<[string, unknown]>([
    ['no choices', {}],
    ['choices that are none', { choices: [] }],
    ['choices that are no list', { choices: 'x' }],
    ['no message', { choices: [{ index: 0, finish_reason: 'stop' }] }],
    ['a message that is a text', { choices: [{ message: 'x' }] }],
    ['a list', []],
    ['null', null],
  ])('that has %s is UPSTREAM', async (_what, body) => {
    for (const streaming of [true, false]) {
      const failure = await failureOf(ask(json(body), { streaming }))
      expect(failure.code).toBe('UPSTREAM')
      expect(failure.message).toMatch(/gave an answer that cannot be read\.$/)
      await stub?.stop()
    }
  })

  test('that is an error with status 200 is told', async () => {
    const failure = await failureOf(ask(json({ error: { message: 'No.' } }), { streaming: false }))
    expect(failure.message).toMatch(/failed: No\.$/)
  })
})

describe('headers drawn in the flow', () => {
  test.each(['authorization', 'Authorization', 'AUTHORIZATION'])(
    '%s is the only one',
    async (name) => {
      const baseOptions = { headers: { [name]: 'Bearer drawn-in-the-flow', 'X-Team': 'red' } }
      const model = { inputs: { baseOptions } }
      for (const streaming of [true, false]) {
        const { requests } = await ask(whole({ content: 'x' }), { streaming, model })
        expect(requests[0]?.headersDistinct).toMatchObject({
          authorization: ['Bearer drawn-in-the-flow'],
          'x-team': ['red'],
          'content-type': ['application/json'],
        })
        await stub?.stop()
      }
    },
  )
})

describe('calls of tools', () => {
  const named = { id: 'c1', type: 'function' }
  const call = (name: string, args: string) => ({ name, arguments: args })
  const sum = '{"input":"6*7"}'

  /** Lets an agent with a calculator ask, which answers in the second round. */
  async function work(first: Answer, { streaming = true, model = 'chatOpenAI' } = {}) {
    const { baseUrl, fetch, bodies } = await serve(
      first,
      streaming ? pieces({ content: 'It is 42.' }) : whole({ content: 'It is 42.' }),
    )
    const config = { modelName: 'm', basepath: baseUrl, FLOWISE_CREDENTIAL_ID: 'cred-1' }
    const inputs = {
      agentModel: model,
      agentModelConfig: config,
      agentTools: [{ agentSelectedTool: 'calculator', agentSelectedToolConfig: {} }],
    }
    const flow = draw(
      [start(), { id: 'a', name: 'agentAgentflow', label: 'a', inputs }],
      [['start', 'a']],
    )
    const result = await run(flow, { input: { streaming }, ports: { fetch } })
    const messages = (bodies[1]?.['messages'] ?? []) as Json[]
    const { usedTools } = outputOf(result, 'a') as { usedTools?: { toolOutput: string }[] }
    return {
      text: result.text,
      calls: messages.flatMap(({ tool_calls: calls = [] }) => calls as (Json & { id: string })[]),
      outputs: (usedTools ?? []).map(({ toolOutput }) => toolOutput),
    }
  }

  /** Each is what the deltas hold under `tool_calls`. */
  const streamed: [string, readonly Json[][], readonly string[]][] = [
    [
      'with index',
      [
        [{ ...named, index: 0, function: call('calculator', '') }],
        [{ index: 0, function: { arguments: '{"inp' } }],
        [{ index: 0, function: { arguments: 'ut":"6*7"}' } }],
      ],
      ['42'],
    ],
    [
      'two by index, mixed',
      [
        [{ id: 'c1', index: 0, function: call('calculator', '{"input":') }],
        [{ id: 'c2', index: 1, function: call('calculator', '{"input":"1') }],
        [
          { index: 0, function: { arguments: '"6*7"}' } },
          { index: 1, function: { arguments: '+1"}' } },
        ],
      ],
      ['42', '2'],
    ],
    [
      'without index, by id',
      [
        [{ ...named, function: call('calculator', '{"input":') }],
        [{ id: 'c1', function: { arguments: '"6*7"}' } }],
        [{ id: 'c2', function: call('calculator', '{"input":"1+1"}') }],
      ],
      ['42', '2'],
    ],
    [
      'without index, and the id once only',
      [
        [{ ...named, function: call('calculator', '{"input":') }],
        [{ function: { arguments: '"6*7"}' } }],
        [{ id: 'c2', function: call('calculator', '{"input":"1') }],
        [{ function: { arguments: '+1"}' } }],
      ],
      ['42', '2'],
    ],
    [
      'with the name repeated',
      [
        [{ ...named, index: 0, function: call('calculator', '{"input":') }],
        [{ ...named, index: 0, function: call('calculator', '"6*7"}') }],
      ],
      ['42'],
    ],
    [
      'with the name and the id later',
      [
        [{ index: 0, function: { arguments: '{"input":' } }],
        [{ ...named, index: 0, function: call('calculator', '"6*7"}') }],
      ],
      ['42'],
    ],
    ['without an id', [[{ index: 0, function: call('calculator', sum) }]], ['42']],
    ['with null for an id', [[{ id: null, index: 0, function: call('calculator', sum) }]], ['42']],
    ['in one piece', [[{ ...named, index: 0, function: call('calculator', sum) }]], ['42']],
  ]

  test.each(streamed)('streamed %s are made', async (_what, deltas, outputs) => {
    const made = await work(pieces(...deltas.map((calls) => ({ tool_calls: calls }))))
    expect(made).toMatchObject({ text: 'It is 42.', outputs })
    expect(made.calls).toHaveLength(outputs.length)
    expect(made.calls[0]).toMatchObject({ type: 'function', function: call('calculator', sum) })
    const ids = made.calls.map(({ id }) => id)
    expect(ids.every((id) => id.length > 0)).toBe(true)
    expect(new Set(ids).size).toBe(ids.length)
  })

  test.each<[string, Json]>([
    ['content null', { content: null }],
    ['no content', {}],
    ['an empty content', { content: '' }],
  ])('beside %s are made of a whole answer', async (_what, content) => {
    const message = { ...content, tool_calls: [{ ...named, function: call('calculator', sum) }] }
    for (const streaming of [true, false]) {
      const made = await work(whole(message), { streaming })
      expect(made).toMatchObject({ text: 'It is 42.', outputs: ['42'], calls: [{ id: 'c1' }] })
      await stub?.stop()
    }
  })

  test.each<[string, Json]>([
    ['no name', { arguments: '{}' }],
    ['an empty name', { name: '', arguments: '{}' }],
    ['a number for a name', { name: 7, arguments: '{}' }],
  ])('with %s are refused', async (_what, nameless) => {
    const failure = await failureOf(
      work(pieces({ tool_calls: [{ ...named, index: 0, function: nameless }] })),
    )
    expect(failure.code).toBe('UPSTREAM')
    expect(failure.message).toMatch(
      /^The provider of "a" \(a\) gave an answer that cannot be read\.$/,
    )
  })

  test.each([true, false])('give Gemini its signature back (streaming: %s)', async (streaming) => {
    const extra = { extra_content: { google: { thought_signature: 'c2lnbmVk' } } }
    const signed = { ...named, index: 0, function: call('calculator', sum), ...extra }
    const message = { content: null, tool_calls: [signed] }
    const first = streaming ? pieces(message) : whole(message)
    const { calls } = await work(first, { streaming, model: 'chatLocalAI' })
    expect(calls).toMatchObject([{ id: 'c1', ...extra }])
  })

  test('without a signature get none', async () => {
    const message = { tool_calls: [{ ...named, index: 0, function: call('calculator', sum) }] }
    const { calls } = await work(pieces(message), { model: 'chatLocalAI' })
    expect(calls[0]).not.toHaveProperty('extra_content')
  })
})
