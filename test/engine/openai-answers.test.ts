import { setTimeout as pause } from 'node:timers/promises'
import { afterEach, describe, expect, test } from 'vitest'
import { createTally } from '../../src/engine/model/usage.ts'
import type { FlowEvent } from '../../src/engine/node/events.ts'
import { failureOf, llmChainFlow, providerKey, run, textOf } from './harness.ts'
import {
  done,
  event,
  json,
  packets,
  piece,
  pieces,
  serve,
  stop,
  stopServing,
  whole,
  type Answer,
  type Json,
} from './openai-server.ts'

afterEach(stopServing)

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
    ['with CR, but one at its end', [sent.trimEnd().replaceAll('\n', '\r'), '\r']],
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
    await stopServing()
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

  test.each<[string, Json, RegExp]>([
    ['an error without that name', { object: 'error', message: 'boom' }, /failed: boom\.?$/],
    ['a detail', { detail: 'boom' }, /cannot be read\.$/],
  ])('%s before [DONE] is no answer', async (_what, body, message) => {
    const failure = await failureOf(ask(packets(event(body), done)))
    expect(failure.code).toBe('UPSTREAM')
    expect(failure.message).toMatch(message)
  })

  test('an answer without a body is UPSTREAM at once', async () => {
    const failure = await failureOf(
      ask((response) => {
        response.writeHead(204)
        response.end()
      }),
    )
    expect(failure.message).toMatch(/cannot be read\.$/)
  })

  test('a provider that is busy in its first event is asked once more', async () => {
    const error = { message: 'Slow down.', type: 'requests', code: 'rate_limit_exceeded' }
    const { baseUrl, fetch, requests } = await serve(
      packets(event({ error })),
      pieces({ content: 'Now.' }),
    )
    const how = { input: { streaming: true }, ports: { fetch } }
    expect(await run(llmChainFlow(baseUrl), how)).toMatchObject({ text: 'Now.' })
    expect(requests).toHaveLength(2)
  })

  test('one that stays busy is told with its status', async () => {
    const busy = packets(event({ error: { message: 'Slow down.', code: 429 } }))
    const { baseUrl, fetch } = await serve(busy, busy)
    const how = { input: { streaming: true }, ports: { fetch } }
    const failure = await failureOf(run(llmChainFlow(baseUrl), how))
    expect(failure.message).toMatch(/answered 429: Slow down\.$/)
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
      await stopServing()
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
        await stopServing()
      }
    },
  )
})
