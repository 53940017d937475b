import { expect, test } from 'vitest'
import { draw, failureOf, llmChainFlow, run } from './harness.ts'
import { reply, start } from './script.ts'

const million = 'x'.repeat(1_000_000)
const input = { question: million }
const tooLong = 'The flow was stopped: a text in it would have more than 4 million characters.'

test('a text that names the question again and again is refused before it is made', async () => {
  const flow = (times: number) =>
    draw([start(), reply('end', ` ${'{{ question }}'.repeat(times)}`)], [['start', 'end']])
  expect((await run(flow(4), { input })).text).toHaveLength(4_000_001)
  const failure = await failureOf(run(flow(5000), { input }))
  expect([failure.code, failure.message]).toEqual(['UNPROCESSABLE', tooLong])
})

test('a prompt with a variable in it again and again is refused before anybody is asked', async () => {
  const flow = llmChainFlow('http://127.0.0.1:9', {
    prompt: { template: '{product}'.repeat(5000) },
  })
  const failure = await failureOf(run(flow, { input }))
  expect([failure.code, failure.message]).toEqual(['UNPROCESSABLE', tooLong])
})

test('inputs that are too many together are refused', async () => {
  const http = {
    id: 'http',
    name: 'httpAgentflow',
    inputs: {
      method: 'POST',
      url: 'http://127.0.0.1:9',
      headers: Array.from({ length: 20 }, (_, at) => ({ key: `k${at}`, value: ' {{ question }}' })),
    },
  }
  const flow = draw([start(), http], [['start', 'http']])
  const failure = await failureOf(run(flow, { input }))
  expect([failure.code, failure.message]).toEqual([
    'UNPROCESSABLE',
    'The flow was stopped: its nodes hold more than 16 million characters.',
  ])
})

test('a run that keeps more and more is stopped', async () => {
  const loop = {
    id: 'back',
    name: 'loopAgentflow',
    label: 'Back',
    inputs: { loopBackToNode: 'say-Say', maxLoopCount: 100 },
  }
  const say = { ...reply('say', ` ${'{{ question }}'.repeat(4)}`), label: 'Say' }
  const flow = draw(
    [start(), say, loop],
    [
      ['start', 'say'],
      ['say', 'back'],
    ],
  )
  const failure = await failureOf(run(flow, { input }))
  expect([failure.code, failure.message]).toEqual([
    'UNPROCESSABLE',
    'The flow was stopped: its nodes hold more than 64 million characters.',
  ])
})
