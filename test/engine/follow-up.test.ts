import { afterAll, beforeAll, expect, test } from 'vitest'
import { draw, run, startProvider, type Drawn, type Told } from './harness.ts'

let provider: Awaited<ReturnType<typeof startProvider>>

beforeAll(async () => {
  provider = await startProvider()
})
afterAll(() => provider.stop())

const start: Drawn = { id: 'start', name: 'startAgentflow', inputs: {} }
const reply = (text: string): Drawn => ({
  id: 'reply',
  name: 'directReplyAgentflow',
  inputs: { directReplyMessage: text },
})
const flow = (text = 'Socks are warm.') => draw([start, reply(text)], [['start', 'reply']])

const suggesting = (changes: object = {}) => ({
  status: true,
  selectedProvider: 'chatOpenAI',
  chatOpenAI: {
    credentialId: 'c0ffee00-0000-4000-8000-000000000001',
    modelName: 'gpt-4o-mini',
    temperature: '0.9',
    basepath: provider.baseUrl,
    prompt: 'What next?\n{history}',
    ...changes,
  },
})

/** Runs the flow and tells what was missed besides. */
async function suggest(followUpPrompts: unknown, told: Told = {}) {
  const missed: unknown[] = []
  const miss = (failure: unknown) => missed.push(failure)
  const ports = { fetch: provider.fetch, ...told.ports }
  const result = await run(flow(), { ...told, ports, followUpPrompts, miss })
  return { result, missed }
}

test('the chosen model says what might be asked next, told question and answer', async () => {
  provider.mock.onMessage(/^What next/, { content: '{"questions":["Which wool?","How much?"]}' })
  const { result, missed } = await suggest(suggesting())
  expect(missed).toEqual([])
  expect(result).toMatchObject({
    text: 'Socks are warm.',
    followUpPrompts: ['Which wool?', 'How much?'],
  })
  expect(provider.lastBody()).toMatchObject({
    model: 'gpt-4o-mini',
    temperature: 0.9,
    messages: [{ role: 'user', content: 'What next?\nHuman: socks\nAssistant: Socks are warm.' }],
    response_format: { type: 'json_schema' },
  })
})

test.each([
  ['is switched off', () => ({ ...suggesting(), status: false })],
  ['names no provider', () => ({ ...suggesting(), selectedProvider: '' })],
  ['names one without settings', () => ({ ...suggesting(), selectedProvider: 'constructor' })],
  ['has no prompt', () => suggesting({ prompt: '' })],
  ['is no object', () => 'yes'],
])('nobody is asked where the setting %s', async (_how, setting) => {
  const before = provider.mock.getRequests().length
  const { result, missed } = await suggest(setting())
  expect(result.text).toBe('Socks are warm.')
  expect(result.followUpPrompts).toBeUndefined()
  expect(missed).toEqual([])
  expect(provider.mock.getRequests()).toHaveLength(before)
})

test.each([
  [
    'is no model',
    () => ({
      ...suggesting(),
      selectedProvider: 'calculator',
      calculator: suggesting().chatOpenAI,
    }),
    /calculator is no chatModel/,
  ],
  [
    'cannot be reached',
    () => suggesting({ basepath: 'http://127.0.0.1:1/v1' }),
    /Follow-up prompts/,
  ],
  ['answers in another form', () => suggesting({ prompt: 'Say no.' }), /questions/],
])('the answer stands where the provider %s', async (_how, setting, sentence) => {
  provider.mock.onMessage(/^Say no/, { content: '{"no":true}' })
  const { result, missed } = await suggest(setting())
  expect(result.text).toBe('Socks are warm.')
  expect(result.followUpPrompts).toBeUndefined()
  expect(missed).toEqual([expect.objectContaining({ message: expect.stringMatching(sentence) })])
})
