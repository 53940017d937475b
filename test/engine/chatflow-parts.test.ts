import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { parseZod, ZodTextError } from '../../src/engine/text/zod-text.ts'
import { createSandbox, type Sandbox } from '../../src/platform/workers/sandbox.ts'
import {
  buildInstance,
  draw,
  failureOf,
  llmChainFlow,
  run,
  startProvider,
  type Drawn,
} from './harness.ts'
import { linesOf, script } from './script.ts'

let provider: Awaited<ReturnType<typeof startProvider>>
let sandbox: Sandbox

beforeAll(async () => {
  provider = await startProvider()
  sandbox = createSandbox({ fetch: provider.fetch })
})
beforeEach(() => provider.mock.clearFixtures())
afterAll(async () => {
  await sandbox.close()
  await provider.stop()
})

const ports = () => ({
  fetch: provider.fetch,
  fetchPublic: provider.fetch,
  runCode: sandbox.run,
})
const model = (): Drawn => ({
  id: 'm',
  name: 'chatOpenAI',
  inputs: { basepath: provider.baseUrl },
})
const prompt = (id: string, template: string, promptValues = ''): Drawn => ({
  id,
  name: 'promptTemplate',
  inputs: { template, promptValues },
})
const chain = (id: string, inputs: Record<string, unknown>): Drawn => ({
  id,
  name: 'llmChain',
  category: 'Chains',
  output: 'llmChain',
  inputs: { model: '{{m.data.instance}}', ...inputs },
})
const instance = (id: string) => `{{${id}.data.instance}}`

/** A chain whose answer a parser reads. */
const parsed = (name: string, inputs: Record<string, unknown>) =>
  draw(
    [
      model(),
      prompt('p', 'List {what}'),
      { id: 'parser', name, inputs },
      chain('c', { prompt: instance('p'), outputParser: instance('parser') }),
    ],
    [['p', 'c']],
  )

const schemaOf = (text: string) => z.toJSONSchema(parseZod(text), { io: 'input' })

const history = async () =>
  ['one', 'two', 'three', 'four'].map((content, at) => ({
    role: at % 2 === 0 ? ('userMessage' as const) : ('apiMessage' as const),
    content,
  }))

/** A chat that remembers. */
const remembering = (name: string, inputs: Record<string, unknown>) =>
  draw([
    model(),
    {
      id: 'memory',
      name,
      label: 'Mine',
      category: 'Memory',
      inputs: { model: instance('m'), ...inputs },
    },
    {
      id: 'c',
      name: 'conversationChain',
      category: 'Chains',
      inputs: { model: instance('m'), memory: instance('memory'), systemMessagePrompt: 'Be.' },
    },
  ])

const upload = (mime: string, data: string, name = 'a.bin') => ({ mime, data, name })
/** A chain with a model that takes pictures, or not. */
const seeing = (allowImageUploads: boolean) =>
  llmChainFlow(provider.baseUrl, { model: { inputs: { allowImageUploads } } })

const ending = (javascriptFunction: string) =>
  draw([
    {
      id: 'f',
      name: 'customFunction',
      category: 'Utilities',
      output: 'EndingNode',
      inputs: { javascriptFunction, functionInputVariables: '{"n":"{{question}}"}' },
    },
  ])

const branching = (condition: string) =>
  draw(
    [
      model(),
      {
        id: 'if',
        name: 'ifElseFunction',
        category: 'Utilities',
        output: 'returnTrue',
        inputs: {
          functionInputVariables: '{"q":"{{question}}"}',
          ifFunction: `if (${condition}) return 'YES ' + $q`,
          elseFunction: `return 'NO ' + $q`,
        },
      },
      prompt('pt', 'true {x}', `{"x":"${instance('if')}"}`),
      prompt('pf', 'false {x}', `{"x":"${instance('if')}"}`),
      chain('ct', { prompt: instance('pt') }),
      chain('cf', { prompt: instance('pf') }),
    ],
    [
      ['if', 'pt', 'if-output-returnTrue-string|number'],
      ['if', 'pf', 'if-output-returnFalse-string|number'],
      ['pt', 'ct'],
      ['pf', 'cf'],
      ['m', 'ct'],
      ['m', 'cf'],
    ],
  )

describe('output parsers', () => {
  test.each<[string, Record<string, unknown>, string, unknown]>([
    ['csvOutputParser', {}, ' a, b ,c ', ['a', 'b', 'c']],
    ['customListOutputParser', { length: '2', separator: ';' }, 'a; b', ['a', 'b']],
    [
      'structuredOutputParser',
      { jsonStructure: '[{"property":"n","type":"number","description":"how many"}]' },
      'Sure: {"n": 3}',
      { n: 3 },
    ],
    ['advancedStructuredOutputParser', { exampleJson: 'z.array(z.string())' }, '["x"]', ['x']],
  ])('%s', async (...[name, inputs, said, json]) => {
    const asked = script(provider, [said])
    const result = await run(parsed(name, inputs), { ports: ports() })
    expect(result.json).toEqual(json)
    expect(result.text).toBeUndefined()
    expect(linesOf(asked[0])[0]).toMatch(/^user: List socks\nAnswer with /)
  })

  test.each<[string, Record<string, unknown>, string]>([
    ['customListOutputParser', { length: '2' }, 'a'],
    [
      'structuredOutputParser',
      { jsonStructure: '[{"property":"n","type":"number"}]' },
      '{"n":"3"}',
    ],
    ['advancedStructuredOutputParser', { exampleJson: 'z.object({a: z.string()})' }, 'no JSON'],
  ])('%s: an answer of another form is UPSTREAM', async (name, inputs, said) => {
    script(provider, [said])
    const failure = await failureOf(run(parsed(name, inputs), { ports: ports() }))
    expect(failure.code).toBe('UPSTREAM')
    expect(failure.message).toMatch(/has not the form that "\w+" \(parser\) asks for/)
  })

  test('a schema that is no zod is refused with the node', async () => {
    const drawn = parsed('advancedStructuredOutputParser', { exampleJson: 'process.exit(1)' })
    const failure = await failureOf(run(drawn, { ports: ports() }))
    expect(failure.message).toMatch(/\(parser\) cannot run: its schema cannot be read: "process"/)
  })

  test('a schema that nests without end is refused with the node', async () => {
    const drawn = parsed('advancedStructuredOutputParser', { exampleJson: '['.repeat(50_000) })
    const failure = await failureOf(run(drawn, { ports: ports() }))
    expect(failure.code).toBe('UNPROCESSABLE')
    expect(failure.message).toMatch(
      /\(parser\) cannot run: its schema cannot be read: it has too many/,
    )
  })
})

describe('zod as text', () => {
  test('an object with comments, limits and descriptions', () => {
    const text = `z.object({
      // the title
      title: z.string().min(1).describe("a, 'b'"),
      "year": z.coerce.number().int().optional(), /* maybe */
      tags: z.enum(['a', "b"]).array().max(2),
      kind: z.union([z.literal(1), z.literal('x'), z.null()]).default(1),
      any: z.record(z.string(), z.boolean()),
    });`
    expect(schemaOf(text)).toMatchObject({
      properties: {
        title: { type: 'string', minLength: 1, description: "a, 'b'" },
        year: { type: 'integer' },
        tags: { type: 'array', maxItems: 2, items: { enum: ['a', 'b'] } },
        any: { type: 'object', additionalProperties: { type: 'boolean' } },
      },
      required: ['title', 'tags', 'any'],
    })
  })

  test.each([
    '',
    'z',
    'z.string',
    'z.string()()',
    'z.constructor("return process")()',
    'z.string().constructor("x")',
    'z.string().__proto__',
    'z.string().refine(() => true)',
    'z.string().transform(eval)',
    'z.object({ a: process.env })',
    'z.object({ a: `${1}` })',
    'z.enum("a")',
    'z.object([1])',
    'z.string().or(5)',
    '(z.string())',
    'z.string() z.number()',
    '{"a": 1}',
  ])('refuses %s', (text) => {
    expect(() => parseZod(text)).toThrow(ZodTextError)
  })
})

describe('memories', () => {
  test.each<[string, Record<string, unknown>, string[], string[]]>([
    ['bufferWindowMemory', { k: '1' }, [], ['user: three', 'assistant: four']],
    ['bufferWindowMemory', { k: '0' }, [], []],
    [
      'RedisBackedChatMemory',
      {},
      [],
      ['user: one', 'assistant: two', 'user: three', 'assistant: four'],
    ],
    ['RedisBackedChatMemory', { windowSize: '1' }, [], ['assistant: four']],
    ['ZepMemory', { k: 3 }, [], ['assistant: two', 'user: three', 'assistant: four']],
    [
      'conversationSummaryMemory',
      {},
      ['they counted'],
      [expect.stringMatching(/^system: .*they counted$/)],
    ],
    [
      'conversationSummaryBufferMemory',
      { maxTokenLimit: '2' },
      ['they began'],
      [expect.stringMatching(/^system: .*they began$/), 'assistant: four'],
    ],
    [
      'conversationSummaryBufferMemory',
      {},
      [],
      ['user: one', 'assistant: two', 'user: three', 'assistant: four'],
    ],
  ])('%s %j', async (...[name, inputs, summaries, expected]) => {
    const asked = script(provider, [...summaries, 'five'])
    const result = await run(remembering(name, inputs), { ports: { ...ports(), history } })
    expect(result.text).toBe('five')
    const lines = linesOf(asked.at(-1))
    expect(lines).toEqual(['system: Be.', ...expected, 'user: socks'])
    expect(asked).toHaveLength(summaries.length + 1)
  })

  test.each([
    'DynamoDBChatMemory',
    'MongoDBAtlasChatMemory',
    'upstashRedisBackedChatMemory',
    'ZepMemoryCloud',
    'mem0',
  ])('%s remembers what this server stored, under the name it is drawn with', async (name) => {
    const asked = script(provider, ['five'])
    const result = await run(remembering(name, {}), { ports: { ...ports(), history } })
    expect(linesOf(asked[0])).toContain('assistant: two')
    expect(result.memoryType).toBe('Mine')
  })
})

test('OpenAI moderation refuses what is flagged, and tells of a failure', async () => {
  const verdicts = [{ results: [{ flagged: true }] }, { results: [{ flagged: false }] }, {}]
  const sent: string[] = []
  const fetch: typeof globalThis.fetch = async (_input, init) => {
    sent.push(`${JSON.stringify(init?.headers)} ${JSON.stringify(init?.body)}`)
    return Response.json(verdicts.shift())
  }
  const node = { name: 'inputModerationOpenAI' }
  const moderation = await buildInstance('moderation', node, { ports: { fetch } })
  expect(await moderation.refusal('bad')).toMatch(/^Cannot Process! .*OpenAI/)
  expect(await moderation.refusal('good')).toBeUndefined()
  expect((await failureOf(moderation.refusal('x'))).message).toMatch(/"x" \(x_0\) gave no verdict/)
  expect(sent[0]).toMatch(/Bearer sk-live.*input.*bad/)
})

test('few-shot examples stand literally between prefix and suffix', async () => {
  const asked = script(provider, ['ok'])
  const flow = draw([
    model(),
    prompt('e', 'Word: {word} Opposite: {opposite}'),
    {
      id: 'f',
      name: 'fewShotPromptTemplate',
      inputs: {
        examples: '[{"word":"{happy}","opposite":"sad"}]',
        examplePrompt: instance('e'),
        prefix: 'Give the opposite.',
        suffix: 'Word: {input}',
      },
    },
    chain('c', { prompt: instance('f') }),
  ])
  await run(flow, { ports: ports() })
  expect(linesOf(asked[0])).toEqual([
    'user: Give the opposite.\n\nWord: {happy} Opposite: sad\n\nWord: socks',
  ])
})

describe('uploads', () => {
  const png = 'iVBORw0KGgo='

  test('a picture is shown to a model that takes pictures only', async () => {
    const uploads = [upload('image/png', `data:image/png;base64,${png}`)]
    const asked = script(provider, ['a dot', 'a dot'])
    await run(seeing(true), { input: { uploads }, ports: ports() })
    await run(seeing(false), { input: { uploads }, ports: ports() })
    expect(JSON.stringify(asked[0]?.messages[0])).toContain(png)
    expect(linesOf(asked[1])).toEqual(['user: Name a company that makes socks.'])
  })

  test('a text stands before the question, and in file_attachment', async () => {
    const uploads = [upload('text/plain', Buffer.from('gréen').toString('base64'), "a'b.txt")]
    const asked = script(provider, ['ok', 'ok'])
    await run(seeing(true), { input: { uploads }, ports: ports() })
    const document = "<doc name='a b.txt'>gréen</doc>"
    expect(linesOf(asked[0])).toEqual([`user: Name a company that makes ${document}\n\nsocks.`])
    const drawn = draw([
      model(),
      prompt('p', '{file}', '{"file":"{{file_attachment}}"}'),
      chain('c', { prompt: instance('p') }),
    ])
    await run(drawn, { input: { uploads }, ports: ports() })
    expect(linesOf(asked[1])).toEqual([`user: ${document}`])
  })

  test.each([
    [upload('image/svg+xml', png), /"a\.bin" has the type image\/svg\+xml/],
    [upload('application/zip', png), /has the type application\/zip/],
    [upload('text/plain', '%%%'), /is not base64/],
    [upload('text/plain', Buffer.from([0xff, 0xfe]).toString('base64')), /no text in UTF-8/],
    [upload('text/plain', 'data:text/plain,%zz'), /is no data URI/],
    [upload('image/png', 'http://169.254.169.254/x.png'), /refused/],
  ])('%j is refused', async (one, message) => {
    const failure = await failureOf(
      run(seeing(true), { input: { uploads: [one] }, ports: ports() }),
    )
    expect(failure.message).toMatch(message)
  })
})

describe('utilities', () => {
  test('a custom function ends a flow, with text or JSON', async () => {
    expect(await run(ending('return `${$n} ${$flow.chatId}`'), { ports: ports() })).toMatchObject({
      text: 'socks chat-1',
    })
    const json = { a: ['socks'] }
    expect(await run(ending('return {a: [$input]}'), { ports: ports() })).toMatchObject({ json })
    const failure = await failureOf(run(ending('return x'), { ports: ports() }))
    expect(failure.code).toBe('UNPROCESSABLE')
    expect(failure.message).toMatch(/The code of "customFunction" \(f\) failed: .*x/)
  })

  test.each([
    ['$q === "socks"', 'user: true YES socks'],
    ['$q === "hats"', 'user: false NO socks'],
  ])('if/else by %s follows one way', async (condition, line) => {
    const asked = script(provider, ['ok'])
    await run(branching(condition), { ports: ports() })
    expect(linesOf(asked[0])).toEqual([line])
  })

  test('a set variable is got elsewhere, and shown when it is to be', async () => {
    const asked = script(provider, ['first', 'second'])
    const flow = draw(
      [
        model(),
        prompt('p', 'a {q}'),
        { ...chain('c1', { prompt: instance('p') }), output: 'outputPrediction' },
        {
          id: 's',
          name: 'setVariable',
          inputs: { input: instance('c1'), variableName: 'kept', showOutput: true },
        },
        { id: 'g', name: 'getVariable', inputs: { variableName: 'kept' } },
        prompt('p2', 'b {x}', `{"x":"${instance('g')}"}`),
        chain('c2', { prompt: instance('p2') }),
      ],
      [
        ['c1', 's'],
        ['g', 'p2'],
        ['p2', 'c2'],
      ],
    )
    const result = await run(flow, { ports: ports() })
    expect(linesOf(asked[1])).toEqual(['user: b first'])
    expect(result).toMatchObject({ text: 'second', flowVariables: { kept: 'first' } })
  })

  test('a variable that nobody sets is refused', async () => {
    const flow = draw([
      model(),
      { id: 'g', name: 'getVariable', inputs: { variableName: 'kept' } },
      prompt('p', '{x}', `{"x":"${instance('g')}"}`),
      chain('c', { prompt: instance('p') }),
    ])
    const failure = await failureOf(run(flow, { ports: ports() }))
    expect(failure.message).toMatch(/\(g\) cannot run: no node sets "kept"/)
  })
})
