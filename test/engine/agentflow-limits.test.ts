import { expect, test } from 'vitest'
import { draw, failureOf, run, startStub } from './harness.ts'
import { reply, start } from './script.ts'

test('an iteration over more items than a run has steps is refused before it begins', async () => {
  const each = {
    id: 'each',
    name: 'iterationAgentflow',
    label: 'Each',
    inputs: { iterationInput: '{{ question }}' },
  }
  const flow = draw(
    [start(), each, reply('end', 'done')],
    [
      ['start', 'each'],
      ['each', 'end'],
    ],
  )
  const asked = (count: number) => ({ input: { question: `[${'1,'.repeat(count - 1)}1]` } })
  expect((await run(flow, asked(1000))).text).toBe('done')
  const failure = await failureOf(run(flow, asked(1001)))
  expect([failure.code, failure.message]).toEqual([
    'UNPROCESSABLE',
    'The node "Each" (each) cannot run: its list has more than 1000 items.',
  ])
})

test('a header that cannot be sent is refused with its node and name', async () => {
  const stub = await startStub((_request, response) => response.end('{}'))
  const flow = (key: string, value: string) =>
    draw(
      [
        start(),
        {
          id: 'http',
          name: 'httpAgentflow',
          label: 'Http',
          inputs: { method: 'GET', url: stub.baseUrl, headers: [{ key, value }] },
        },
      ],
      [['start', 'http']],
    )
  const told = { ports: { fetch: stub.fetch }, input: { question: 'Zürich → 東京' } }
  for (const [key, value] of [
    ['x-q', '{{ question }}'],
    ['x q', 'fine'],
  ] as const) {
    const failure = await failureOf(run(flow(key, value), told))
    expect(failure.code).toBe('UNPROCESSABLE')
    expect(failure.message).toContain(
      `"Http" (http) cannot run: the name or the value of its header "${key}"`,
    )
  }
  await run(flow('Content-Length', '3'), told)
  expect(stub.requests).toHaveLength(1)
  await stub.stop()
})
