import * as fc from 'fast-check'
import {
  getNamedType,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
  type GraphQLInputType,
} from 'graphql'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { basePath, routes } from '../../src/rest/routes.ts'
import { startApp, type TestApp } from '../harness.ts'
import { callBoth, callGraphql, type Operation } from '../security/operations.ts'
import { operations, send } from './refusals.ts'
import { isCoercedByGraphql } from './wrong-values.ts'

let app: TestApp
let flowId: string
beforeAll(async () => {
  app = await startApp()
  flowId = (await app.addFlow({ isPublic: true })).id
})
// The harness fails the file for any bug that was logged.
afterAll(() => app.close())

/** Bounded: the same some hundred calls a run, others each time; fast-check prints the seed. */
const rounds = (numRuns: number) => ({ numRuns, interruptAfterTimeLimit: 15_000 })

/** Text that means something to a parser, a database, a template or a file system. */
const odd = fc.constantFrom(
  ...[
    ['', '\0', '\ud800', '%', '_', '\\', "'", '"', '`', '${x}', '{{ question }}', '{{', '../..'],
    ['null', 'NaN', '-0', '1e999', '__proto__', 'constructor', 'toString', '<script>', '‮', '﷽'],
    ['\r\nX: y', '2024-02-30T00:00:00Z', '{"nodes":5}', '[]', '{}', '{"__proto__":1}', 'a@b.co'],
  ].flat(),
)
const text = fc.oneof(odd, fc.string({ unit: 'binary', maxLength: 40 }), fc.string())
const anything = fc.oneof(
  text,
  fc.constantFrom<unknown>(null, true, 0, -1, 1.5, 2 ** 31, 1e308, [], {}),
  fc.jsonValue({ maxDepth: 4 }),
  fc.dictionary(text, fc.jsonValue({ maxDepth: 2 }), { maxKeys: 5 }),
)

/** Values that a type takes, and now and then anything at all. */
function valueOf(type: GraphQLInputType): fc.Arbitrary<unknown> {
  const sound = soundOf(isNonNullType(type) ? type.ofType : type)
  return fc.oneof({ weight: 6, arbitrary: sound }, { weight: 1, arbitrary: anything })
}

function soundOf(type: GraphQLInputType): fc.Arbitrary<unknown> {
  if (isListType(type)) return fc.array(valueOf(type.ofType), { maxLength: 3 })
  if (isEnumType(type)) return fc.constantFrom(...type.getValues().map(({ name }) => name))
  if (isInputObjectType(type)) {
    const fields = Object.values(type.getFields())
    return fc.record(Object.fromEntries(fields.map(({ name, type }) => [name, valueOf(type)])))
  }
  const scalars: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
    Int: fc.oneof(fc.integer(), fc.integer({ min: -1, max: 1001 })),
    Float: fc.double({ noNaN: true, noDefaultInfinity: true }),
    Boolean: fc.boolean(),
    DateTime: fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
    JSON: anything,
  }
  return scalars[getNamedType(type).name] ?? text
}

/** Ends the session that all calls here need, or has no twin. */
const left: ReadonlySet<string> = new Set(['Mutation.logout', 'Subscription.prediction'])

interface Call {
  /** Not the operation itself: fast-check would print all of it. */
  readonly name: string
  readonly args: Record<string, unknown>
}

const calls = fc
  .constantFrom(...operations.filter(({ name }) => !left.has(name)))
  .chain((operation) => {
    const args = operation.field.args.map((argument) => {
      const value = valueOf(argument.type)
      const id = fc.oneof(fc.constant(flowId), value)
      return [argument.name, argument.name.endsWith('id') ? id : value] as const
    })
    const required = operation.field.args.filter(({ type }) => isNonNullType(type))
    return fc
      .record(Object.fromEntries(args), { requiredKeys: required.map(({ name }) => name) })
      .map((given): Call => ({ name: operation.name, args: { ...given } }))
  })

/** Codes that say the fault is ours. */
const ours = /^(?:INTERNAL|UNAVAILABLE|TIMEOUT|undefined)$/

/** Where REST and GraphQL differ by design, or a path cannot carry the value. */
function differs({ field, name }: Operation, args: Record<string, unknown>): boolean {
  const route = routes.find((route) => route.field === name || route.paged === name)
  return field.args.some(({ name: argument, type }) => {
    const value = args[argument]
    if (value === undefined) return false
    const inPath = route?.path.includes(`:${argument}`) || route?.method === 'GET'
    const byText = inPath || route?.method === 'DELETE'
    return byText || isCoercedByGraphql(value, type) || isLenient(value, type)
  })
}

/** Objects are closed in GraphQL, and in REST unknown fields are ignored; lists within are coerced. */
function isLenient(value: unknown, type: GraphQLInputType): boolean {
  const inner = isNonNullType(type) ? type.ofType : type
  if (isInputObjectType(inner)) return typeof value === 'object' && value !== null
  return isListType(inner) && Array.isArray(value) && value.some(Array.isArray)
}

describe('any arguments', () => {
  it('are taken or refused, and REST and GraphQL agree', async () => {
    const property = fc.asyncProperty(calls, async ({ name, args }) => {
      const operation = operations.find((one) => one.name === name)
      if (!operation) throw new Error(`There is no ${name}.`)
      const call = { args, token: app.owner.token }
      const { graphql, rest } = differs(operation, args)
        ? { graphql: await callGraphql(app, operation, call), rest: null }
        : await callBoth(app, operation, call)
      expect(graphql.code, `sent: ${graphql.raw.slice(0, 300)}`).not.toMatch(ours)
      // What the first call made or removed, the second one meets.
      const isDone = graphql.code === 'OK' && /^(?:CONFLICT|NOT_FOUND)$/.test(rest?.code ?? '')
      if (!rest || isDone) return
      expect(rest.code, `${rest.message} | ${graphql.message}`).toBe(graphql.code)
    })
    await fc.assert(property, rounds(400))
  }, 60_000)
})

const bodies = fc.oneof(
  { weight: 3, arbitrary: fc.dictionary(text, anything, { maxKeys: 6 }) },
  { weight: 1, arbitrary: anything },
)

describe('any body', () => {
  const writing = routes.filter(({ method, field }) => method.startsWith('P') && !left.has(field))

  it('of a REST call is no fault of ours', async () => {
    const property = fc.asyncProperty(
      fc.constantFrom(...writing),
      bodies,
      async ({ method, path }, body) => {
        const target = basePath + path.replaceAll(/:\w+/g, flowId)
        const request = { method, target, token: app.owner.token, body: JSON.stringify(body) }
        const answer = await send(app, request)
        expect(answer.status, `sent: ${answer.text.slice(0, 300)}`).toBeLessThan(500)
      },
    )
    await fc.assert(property, rounds(300))
  }, 60_000)

  it('of a GraphQL call is no fault of ours', async () => {
    const shapes = fc.record(
      { query: fc.oneof(text, anything), variables: anything, operationName: anything },
      { requiredKeys: [] },
    )
    const property = fc.asyncProperty(fc.oneof(shapes, bodies), async (body) => {
      const request = { method: 'POST', target: '/graphql', body: JSON.stringify(body) }
      const answer = await send(app, { ...request, token: app.owner.token })
      expect(answer.status, `sent: ${answer.text.slice(0, 300)}`).toBeLessThan(500)
      expect(answer.text).not.toContain('INTERNAL')
    })
    await fc.assert(property, rounds(300))
  }, 60_000)

  it('of bytes is no fault of ours', async () => {
    const property = fc.asyncProperty(
      fc.constantFrom(...writing),
      fc.oneof(fc.uint8Array({ maxLength: 200 }), fc.string().map(Buffer.from)),
      async ({ method, path }, body) => {
        const target = basePath + path.replaceAll(/:\w+/g, flowId)
        const answer = await send(app, { method, target, token: app.owner.token, body })
        expect(answer.status, `sent: ${answer.text.slice(0, 300)}`).toBeLessThan(500)
      },
    )
    await fc.assert(property, rounds(200))
  }, 60_000)
})

describe('any path, query string and credential', () => {
  const reading = routes.filter(({ method }) => method === 'GET')
  const segment = fc.oneof(text.map(encodeWhatCanBe), fc.string({ unit: 'grapheme-ascii' }))

  it('is no fault of ours', async () => {
    const property = fc.asyncProperty(
      fc.constantFrom(...reading),
      fc.array(segment, { minLength: 4, maxLength: 4 }),
      async ({ path }, [first = '', second = '', third = '', token = '']) => {
        const filled = path.replaceAll(/:\w+/g, () => first)
        const target = `${basePath}${filled}?${second}=${third}&page=${third}&limit=1`
        for (const credential of [app.owner.token, token]) {
          const answer = await send(app, { method: 'GET', target, token: credential })
          expect(answer.status, `${target} ${answer.text.slice(0, 300)}`).toBeLessThan(500)
        }
      },
    )
    await fc.assert(property, rounds(300))
  }, 60_000)

  it('threat 26: a filter is text, whatever it holds', async () => {
    await app.rest('POST', '/credentials', {
      token: app.owner.token,
      body: { name: 'one', credentialName: 'openAIApi', plainDataObj: {} },
    })
    const property = fc.asyncProperty(text, async (filter) => {
      const target = `${basePath}/credentials?credentialName=${encodeWhatCanBe(filter)}`
      const answer = await send(app, { method: 'GET', target, token: app.owner.token })
      expect([200, 400]).toContain(answer.status)
      if (answer.status === 400) return
      const found = JSON.parse(answer.text) as readonly { credentialName: string }[]
      expect(found.filter(({ credentialName }) => credentialName !== filter)).toEqual([])
    })
    await fc.assert(property, { ...rounds(200), examples: [['%'], ['_penAIApi'], ["' OR 1=1--"]] })
  }, 60_000)
})

function encodeWhatCanBe(part: string): string {
  return encodeURIComponent(part.toWellFormed())
}
