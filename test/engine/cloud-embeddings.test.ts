import { generateKeyPairSync } from 'node:crypto'
import { afterEach, expect, test } from 'vitest'
import { detour } from './detour.ts'
import { buildInstance, failureOf, startStub } from './harness.ts'

let stub: Awaited<ReturnType<typeof startStub>> | undefined

afterEach(async () => {
  await stub?.stop()
  stub = undefined
})

interface Heard {
  readonly url: string
  readonly auth: string | undefined
  readonly body: Record<string, unknown>
}

/** Embeds `a\nb` and `c` beside a server that answers each request out of its body. */
async function embedded(
  name: string,
  how: {
    inputs?: Record<string, unknown>
    credential: Record<string, string>
    answer: (body: Record<string, unknown>, url: string) => unknown
  },
) {
  const heard: Heard[] = []
  stub = await startStub((request, response) => {
    let text = ''
    request.on('data', (piece: Buffer) => (text += piece.toString()))
    request.on('end', () => {
      const url = request.url ?? ''
      const body = (text.startsWith('{') ? JSON.parse(text) : {}) as Record<string, unknown>
      heard.push({ url, auth: request.headers.authorization, body })
      response.setHeader('content-type', 'application/json')
      response.end(JSON.stringify(how.answer(body, url)))
    })
  })
  const { fetch, asked } = detour(stub.fetch, stub.baseUrl)
  const ports = { fetch, credential: async () => how.credential }
  const node = { name, inputs: how.inputs ?? {} }
  const embedder = await buildInstance('embedder', node, { ports })
  const vectors = await embedder.embed(['a\nb', 'c'])
  return { heard, asked: asked.map(({ href }) => href), vectors, embedder }
}

/** The codes of a text's letters, so that a vector tells which text it is of. */
const vectorOf = (text: unknown) => Array.from(String(text)).map((letter) => letter.charCodeAt(0))
const codes = [vectorOf('a\nb'), vectorOf('c')]
const smooth = [vectorOf('a b'), vectorOf('c')]

test('Bedrock turns texts into vectors one by one', async () => {
  const { vectors, heard, asked } = await embedded('AWSBedrockEmbeddings', {
    credential: { awsKey: 'AKIA0123456789', awsSecret: 'aws-secret-0123456789' },
    answer: ({ inputText }) => ({ embedding: vectorOf(inputText), inputTextTokenCount: 1 }),
  })
  expect(vectors).toEqual(codes)
  expect(asked[0]).toBe(
    'https://bedrock-runtime.us-east-1.amazonaws.com/model/amazon.titan-embed-text-v1/invoke',
  )
  expect(heard[0]?.auth).toMatch(/^AWS4-HMAC-SHA256 Credential=AKIA0123456789/)
})

test('Bedrock is told what the vectors of Cohere are for', async () => {
  const { heard } = await embedded('AWSBedrockEmbeddings', {
    inputs: { model: 'cohere.embed-english-v3', inputType: 'clustering' },
    credential: { awsKey: 'AKIA0123456789', awsSecret: 'aws-secret-0123456789' },
    answer: ({ texts }) => ({ embeddings: (texts as unknown[]).map(vectorOf) }),
  })
  expect(heard[0]?.body).toMatchObject({ input_type: 'clustering' })
})

const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
const account = JSON.stringify({
  client_email: 'me@acme.example',
  private_key: privateKey.export({ type: 'pkcs8', format: 'pem' }),
  project_id: 'acme',
})

test.each([
  ['text-embedding-004', 2],
  ['gemini-embedding-001', 3],
])('Vertex predicts the vectors of %s', async (modelName, requests) => {
  const { vectors, heard, asked } = await embedded('googlevertexaiEmbeddings', {
    inputs: { modelName, stripNewLines: true },
    credential: { googleApplicationCredential: account },
    answer: ({ instances }) =>
      instances === undefined
        ? { access_token: 'ya29.0123456789' }
        : {
            predictions: (instances as { content: string }[]).map(({ content }) => ({
              embeddings: { values: vectorOf(content) },
            })),
          },
  })
  expect(vectors).toEqual(smooth)
  expect(asked).toHaveLength(requests)
  expect(asked[1]).toBe(
    `https://us-central1-aiplatform.googleapis.com/v1/projects/acme/locations/us-central1/publishers/google/models/${modelName}:predict`,
  )
  expect(heard[1]?.auth).toBe('Bearer ya29.0123456789')
})

test.each<[string, Record<string, unknown>, string]>([
  [
    'a model of its own',
    { modelName: 'acme/mini lm' },
    'https://router.huggingface.co/hf-inference/models/acme/mini%20lm/pipeline/feature-extraction',
  ],
  ['an endpoint', { endpoint: 'https://x.example/embed' }, 'https://x.example/embed'],
])('HuggingFace extracts features with %s', async (_what, inputs, address) => {
  const { vectors, heard, asked } = await embedded('huggingFaceInferenceEmbeddings', {
    inputs,
    credential: { huggingFaceApiKey: 'hf_0123456789' },
    answer: ({ inputs: texts }) => (texts as unknown[]).map(vectorOf),
  })
  expect(vectors).toEqual(smooth)
  expect(asked).toEqual([address])
  expect(heard[0]).toMatchObject({ auth: 'Bearer hf_0123456789', body: { inputs: ['a b', 'c'] } })
})

test('watsonx is asked with its project', async () => {
  const { vectors, heard, asked } = await embedded('ibmEmbedding', {
    inputs: { truncateInputTokens: '64' },
    credential: {
      serviceUrl: 'https://eu-de.ml.cloud.ibm.com',
      projectId: 'project-1',
      watsonxAIBearerToken: 'ibm-0123456789',
    },
    answer: ({ inputs }) => ({
      results: (inputs as unknown[]).map((text) => ({ embedding: vectorOf(text) })),
    }),
  })
  expect(vectors).toEqual(codes)
  expect(asked).toEqual(['https://eu-de.ml.cloud.ibm.com/ml/v1/text/embeddings?version=2024-05-31'])
  expect(heard[0]).toMatchObject({
    auth: 'Bearer ibm-0123456789',
    body: {
      model_id: 'ibm/slate-30m-english-rtrvr',
      project_id: 'project-1',
      parameters: { truncate_input_tokens: 64 },
    },
  })
})

test('Baidu is asked in batches with one token', async () => {
  const { vectors, heard, asked } = await embedded('baiduQianfanEmbeddings', {
    credential: { qianfanAccessKey: 'ak', qianfanSecretKey: 'sk' },
    answer: ({ input }, url) =>
      url.startsWith('/v1/BCE-BEARER')
        ? { token: 'bce-v3/0123456789' }
        : { data: (input as unknown[]).map((text) => ({ embedding: vectorOf(text) })) },
  })
  expect(vectors).toEqual(smooth)
  expect(asked.map((url) => new URL(url).pathname)).toEqual([
    '/v1/BCE-BEARER/token',
    '/v2/embeddings',
    '/v2/embeddings',
  ])
  expect(heard[1]).toMatchObject({
    auth: 'Bearer bce-v3/0123456789',
    body: { model: 'embedding-v1', input: ['a b'] },
  })
})

test('an answer without vectors is a failure that names the node', async () => {
  const failure = await failureOf(
    embedded('huggingFaceInferenceEmbeddings', {
      credential: { huggingFaceApiKey: 'hf_0123456789' },
      answer: () => ({ loading: true }),
    }),
  )
  expect(failure.code).toBe('UPSTREAM')
  expect(failure.message).toMatch(/The provider of "x" \(x_0\) gave fewer vectors than texts/)
})
