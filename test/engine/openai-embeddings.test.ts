import type { ServerResponse } from 'node:http'
import { afterEach, describe, expect, test } from 'vitest'
import { buildInstance, failureOf, providerKey, refuse, startStub } from './harness.ts'

let stub: Awaited<ReturnType<typeof startStub>> | undefined

afterEach(async () => {
  await stub?.stop()
  stub = undefined
})

/** What the node answers beside a provider that answers so, at its first, second, … request. */
async function embed(
  texts: readonly string[],
  answer: (response: ServerResponse, at: number) => void,
) {
  let asked = 0
  stub = await startStub((_request, response) => answer(response, (asked += 1)))
  const ports = { fetch: stub.fetch, credential: async () => ({ openAIApiKey: providerKey }) }
  const inputs = { basepath: stub.baseUrl, modelName: 'small' }
  const node = { name: 'openAIEmbeddings', inputs, credential: 'one' }
  return (await buildInstance('embedder', node, { ports })).embed(texts)
}

const vectors =
  (...embeddings: unknown[]) =>
  (response: ServerResponse) => {
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify({ data: embeddings.map((embedding) => ({ embedding })) }))
  }

describe('embeddings in the format of OpenAI', () => {
  test('come in the order of their texts, by the key of the credential', async () => {
    expect(await embed(['a', 'b'], vectors([1, 0], [0, 1]))).toEqual([
      [1, 0],
      [0, 1],
    ])
    expect(stub?.requests[0]?.headers.authorization).toBe(`Bearer ${providerKey}`)
    expect(stub?.requests[0]?.url).toBe('/v1/embeddings')
  })

  test.each([429, 503])(
    'a provider that says %i is asked again, after the time it says',
    async (status) => {
      const found = await embed(['a'], (response, at) => {
        if (at === 3) return vectors([1, 2])(response)
        response.setHeader('retry-after-ms', '1')
        return refuse(response, status, 'busy')
      })
      expect(found).toEqual([[1, 2]])
      expect(stub?.requests).toHaveLength(3)
    },
  )

  test('a refusal is told in the provider’s words, and not tried again', async () => {
    const failure = await failureOf(
      embed(['a'], (response) => refuse(response, 401, 'Incorrect key.')),
    )
    expect(failure.code).toBe('UPSTREAM')
    expect(failure.message).toMatch(/^The provider of "x" \(x_0\) answered 401: Incorrect key/)
    expect(stub?.requests).toHaveLength(1)
  })

  test.each([
    ['too few vectors', vectors([1]), /gave fewer vectors than texts/],
    ['words for numbers', vectors([1], ['x']), /cannot be read/],
    ['something else', (response: ServerResponse) => response.end('{"ok":true}'), /cannot be read/],
    ['no JSON', (response: ServerResponse) => response.end('<html>'), /cannot be read/],
  ])('an answer with %s is a failure that names the node', async (_what, answer, message) => {
    const failure = await failureOf(embed(['a', 'b'], answer))
    expect(failure.code).toBe('UPSTREAM')
    expect(failure.message).toMatch(message)
    expect(failure.message).toContain('"x" (x_0)')
  })
})
