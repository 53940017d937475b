import { afterEach, expect, test } from 'vitest'
import { isInstance, type Tool } from '../../src/engine/node/instances.ts'
import type { CodeJob } from '../../src/engine/node/ports.ts'
import { buildNode, failureOf, startStub, type Told } from './harness.ts'

let stub: Awaited<ReturnType<typeof startStub>> | undefined

afterEach(async () => {
  await stub?.stop()
  stub = undefined
})

const signal = new AbortController().signal
const yaml = (server: string) => `
openapi: 3.0.0
servers: [{ url: '${server}' }]
paths:
  /pets/{id}:
    parameters:
      - { $ref: '#/components/parameters/Id' }
    get:
      operationId: getPet
      summary: One pet
      parameters:
        - { name: full, in: query, schema: { type: boolean } }
        - { name: X-Trace, in: header, schema: { type: string } }
    put:
      requestBody: { $ref: '#/components/requestBodies/Pet' }
components:
  parameters:
    Id: { name: id, in: path, required: true, schema: { type: string }, description: Its id }
  requestBodies:
    Pet: { content: { application/json: { schema: { $ref: '#/components/schemas/Pet' } } } }
  schemas:
    Pet:
      type: object
      properties:
        name: { type: string }
        friends: { type: array, items: { $ref: '#/components/schemas/Pet' } }
`

async function toolsOf(inputs: Record<string, unknown>, told: Told = {}): Promise<readonly Tool[]> {
  const node = { name: 'openAPIToolkit', inputs }
  const fetch = stub?.fetch ?? globalThis.fetch
  const credential = async () => ({ openAPIToken: 'token-123456' })
  const built = await buildNode(node, { ...told, ports: { fetch, credential, ...told.ports } })
  return Array.isArray(built) ? built.filter((item) => isInstance(item, 'tool')) : []
}

async function echo(): Promise<string> {
  stub = await startStub((request, response) => {
    let body = ''
    request.on('data', (piece: Buffer) => (body += piece.toString()))
    request.on('end', () => {
      const { method, url, headers } = request
      const told = [method, url, headers.authorization, headers['x-trace'], body]
      response.end(url === '/v1/doc.yaml' ? yaml(stub?.baseUrl ?? '') : told.join(' '))
    })
  })
  return stub.baseUrl
}

test('each operation is a tool, with its parameters, body and token', async () => {
  const file = `data:application/x-yaml;base64,${btoa(yaml(await echo()))},filename:pets.yaml`
  const [get, put] = await toolsOf({ openApiFile: file })
  expect(get).toMatchObject({ name: 'getPet', description: 'One pet' })
  expect(get?.schema).toEqual({
    type: 'object',
    properties: {
      PathParameters: {
        type: 'object',
        properties: { id: { type: 'string', description: 'Its id' } },
        required: ['id'],
      },
      QueryParameters: { type: 'object', properties: { full: { type: 'boolean' } }, required: [] },
      HeaderParameters: {
        type: 'object',
        properties: { 'X-Trace': { type: 'string' } },
        required: [],
      },
    },
    required: ['PathParameters'],
  })
  const args = {
    PathParameters: { id: 'a/b' },
    QueryParameters: { full: true },
    HeaderParameters: { 'X-Trace': 't' },
  }
  expect(await get?.run(args, { signal })).toBe(
    'GET /v1/pets/a%2Fb?full=true Bearer token-123456 t ',
  )
  expect(put?.name).toBe('put_pets_id')
  // Without the groups, as models write now and then.
  expect(await put?.run({ id: '1', RequestBody: { name: 'Rex' } }, { signal })).toBe(
    'PUT /v1/pets/1 Bearer token-123456  {"name":"Rex"}',
  )
})

test('the model does not get out of the path by dots', async () => {
  const [getPet] = await toolsOf({ yamlFile: yaml(await echo()) })
  const why = 'The argument ".." cannot be a part of the address.'
  await expect(getPet?.run({ PathParameters: { id: '..' } }, { signal })).rejects.toThrow(why)
})

test('a caller who brings the document does not get the token to its server', async () => {
  const openApiFile = yaml(await echo())
  const rules = { x: [{ name: 'openApiFile', enabled: true }] }
  const [get] = await toolsOf(
    { openApiFile: yaml('https://api.example.com') },
    {
      apiConfig: { overrideConfig: { status: true, nodes: rules } },
      input: { overrideConfig: { openApiFile } },
    },
  )
  expect(await get?.run({ id: '1' }, { signal })).toBe('GET /v1/pets/1   ')
})

test('of all operations those that are chosen, without what is null', async () => {
  const openApiFile = yaml(await echo())
  const inputs = { openApiFile, selectedEndpoints: '["getPet"]', removeNulls: true }
  const [get, ...more] = await toolsOf(inputs)
  expect(more).toEqual([])
  const args = { PathParameters: { id: '1' }, QueryParameters: { full: null } }
  expect(await get?.run(args, { signal })).toBe('GET /v1/pets/1 Bearer token-123456  ')
})

test("the author's code makes the call, with what it needs for it", async () => {
  const openApiFile = yaml(await echo())
  const customCode = 'return $url + " " + $options.method + " " + $options.body + $RequestBody.name'
  const seen: unknown[] = []
  const runCode = async ({ code, variables }: CodeJob) => {
    seen.push(code, variables)
    return { value: 'made', logs: [] }
  }
  const [, put] = await toolsOf({ openApiFile, customCode }, { ports: { runCode } })
  const args = { PathParameters: { id: '1' }, RequestBody: { name: 'Rex' } }
  expect(await put?.run(args, { signal })).toBe('made')
  expect(seen).toEqual([
    customCode,
    expect.objectContaining({
      $url: `${stub?.baseUrl}/pets/1`,
      $options: {
        method: 'PUT',
        headers: { 'Content-Type': 'application/json', authorization: 'Bearer token-123456' },
        body: '{"name":"Rex"}',
      },
      $PathParameters: { id: '1' },
      $RequestBody: { name: 'Rex' },
    }),
  ])
})

test('the document may stand at an address', async () => {
  const base = await echo()
  expect(await toolsOf({ openApiLink: `${base}/doc.yaml` })).toHaveLength(2)
  const both = { inputType: 'link', openApiFile: 'a: [', openApiLink: `${base}/doc.yaml` }
  expect(await toolsOf(both)).toHaveLength(2)
})

test.each([
  ['', /it needs an OpenAPI document/],
  ['paths: {}', /names no server/],
  ['servers: [{ url: "https://x.example" }]', /has no operations/],
  ['a: [', /neither JSON nor YAML/],
  ['just words', /neither JSON nor YAML/],
])('%s is refused with the node', async (openApiFile, message) => {
  const failure = await failureOf(toolsOf({ openApiFile }))
  expect(failure.code).toBe('UNPROCESSABLE')
  expect(failure.message).toMatch(/^The node "x" \(x_0\) cannot run: /)
  expect(failure.message).toMatch(message)
})
