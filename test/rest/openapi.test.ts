import { describe, expect, it } from 'vitest'
import { contractFiles, driftedFiles } from '../../src/cli/contract-files.ts'
import { writeOpenApi, type OpenApiOperation } from '../../src/rest/openapi.ts'
import { routes } from '../../src/rest/routes.ts'
import { schema } from '../../src/schema.ts'

const document = writeOpenApi(schema, routes)
const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
)

function operation(method: string, path: string): OpenApiOperation {
  const found = document.paths[path]?.[method]
  if (!found) throw new Error(`There is no ${method} ${path}.`)
  return found
}

/** Every object in the document, with the place where it stands. */
function* objects(value: unknown, place = '#'): Generator<[string, Record<string, unknown>]> {
  if (typeof value !== 'object' || value === null) return
  yield [place, value as Record<string, unknown>]
  for (const [key, inner] of Object.entries(value)) yield* objects(inner, `${place}/${key}`)
}

describe('the OpenAPI document', () => {
  it('has each route once, and nothing else but ping', () => {
    // A place that routes call by two names has both here.
    const shapeOf = (path: string) => path.replaceAll(/:\w+|\{\w+\}/g, '{}')
    const expected = routes.map(({ method, path }) => `${method} ${shapeOf(path)}`)
    const told = operations.map(({ method, path }) => `${method.toUpperCase()} ${shapeOf(path)}`)
    expect(told.sort()).toEqual([...expected, 'GET /ping'].sort())
    expect(new Set(told).size).toBe(told.length)
    const ids = operations.map((entry) => entry.operation.operationId)
    expect(new Set(ids).size).toBe(ids.length)
  })

  it('calls the parameters of a path as the routes do, and as all of them do', () => {
    const namesOf = (method: string, path: string) =>
      operation(method, path).parameters?.map(({ name }) => name)
    expect(namesOf('get', '/chatflows/{id}')).toEqual(['id'])
    const chunks = '/document-store/chunks/{storeId}/{docId}/{pageOrId}'
    for (const method of ['get', 'put', 'delete']) {
      expect(namesOf(method, chunks)).toEqual(['storeId', 'docId', 'pageOrId'])
    }
  })

  it('says who may call what, from the fields themselves', () => {
    expect(operation('post', '/auth/login').security).toEqual([])
    expect(operation('get', '/chatflows').security).toEqual([{ jwt: [] }])
    expect(operation('get', '/chatflows').description).toContain('chatflows:view')
    for (const path of ['/prediction/{id}', '/vector/upsert/{id}']) {
      const anyone = [{ apiKey: [] }, { jwt: [] }, {}]
      expect(operation('post', path).security).toEqual(anyone)
    }
    expect(operation('get', '/chatflows/apikey/{key}').security).toEqual([])
  })

  it('describes every operation and parameter', () => {
    const silent = operations.filter(({ operation }) => operation.summary === '')
    const parameters = operations.flatMap(({ operation }) => operation.parameters ?? [])
    expect(silent).toEqual([])
    expect(parameters.filter((parameter) => !parameter['description'])).toEqual([])
  })

  it('resolves every reference, and uses every component', () => {
    const text = JSON.stringify(document)
    const references = [...text.matchAll(/"\$ref":"#\/components\/(\w+)\/([\w-]+)"/g)]
    const components = document.components as Record<string, Record<string, unknown>>
    const used = new Set(references.map(([, kind, name]) => `${kind}/${name}`))
    const there = ['schemas', 'responses', 'headers'].flatMap((kind) =>
      Object.keys(components[kind] ?? {}).map((name) => `${kind}/${name}`),
    )
    expect([...used].sort()).toEqual(there.sort())
  })

  it('bounds every text and number of a path or query', () => {
    const bare = operations
      .flatMap(({ operation }) => operation.parameters ?? [])
      .map((parameter) => parameter['schema'] as Record<string, unknown>)
      .filter(({ type, maxLength }) => type === 'string' && maxLength === undefined)
    expect(bare).toEqual([])
  })

  it('writes null as a type', () => {
    const old = [...objects(document)].filter(([, object]) => 'nullable' in object)
    expect(old.map(([place]) => place)).toEqual([])
    expect(JSON.stringify(operation('put', '/chatflows/{id}'))).toContain('["string","null"]')
  })

  it('names no path parameter in a way linters take for a secret', () => {
    const paths = Object.keys(document.paths)
    expect(paths.filter((path) => /\{[^}]*api_?key/i.test(path))).toEqual([])
  })

  it('tells the refusals of each operation', () => {
    const told = operations.filter(({ path }) => path !== '/ping')
    const missing = told.filter(({ path, operation }) => {
      const wanted = ['400', '401', '429', '500', '503', ...(path.includes('{') ? ['404'] : [])]
      return wanted.some((status) => !(status in operation.responses))
    })
    expect(missing).toEqual([])
  })
})

describe('the committed contracts', () => {
  it('are what the code says; npm run schema writes them', async () => {
    expect(await driftedFiles()).toEqual([])
    expect(Object.keys(contractFiles())).toEqual(['schema.graphql', 'openapi.json'])
  })
})
