import { isNonNullType, type GraphQLArgument } from 'graphql'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { newId } from '../../src/core/ids.ts'
import { basePath, routes, type Route } from '../../src/rest/routes.ts'
import { startApp, type TestApp } from '../harness.ts'
import { callGraphql, createAll, sampleArgs, type Operation } from '../security/operations.ts'
import {
  expectUnchanged,
  expectRefusal,
  expectSentence,
  isIdArgument,
  operations,
  send,
  stateOf,
} from './refusals.ts'
import { isCoercedByGraphql, wrongValues } from './wrong-values.ts'

let app: TestApp
let flowId: string
let feedbackId: string
let before: string
beforeAll(async () => {
  app = await startApp()
  await createAll(app, app.owner.token)
  flowId = (await app.addFlow({ isPublic: true })).id
  feedbackId = await rate()
  before = await stateOf(app)
})
afterAll(async () => {
  await expectUnchanged(app, before)
  await app.close()
})

/** Asks the flow and rates its answer. */
async function rate(): Promise<string> {
  const { token } = app.owner
  const path = `/prediction/${flowId}`
  const { body } = await app.rest('POST', path, { token, body: { question: 'q' } })
  const { chatId, chatMessageId: messageId } = body
  const rating = { chatId, messageId, rating: 'THUMBS_UP' }
  return (await app.rest('POST', `/feedback/${flowId}`, { token, body: rating })).body.id
}

/** What it takes but for one argument. The rows it names are not there, so nothing is lost. */
function argsOf(operation: Operation): Record<string, unknown> {
  const isFlow = operation.access.kind === 'flow'
  const id = operation.name === 'Mutation.updateFeedback' ? feedbackId : flowId
  const ids = operation.field.args.filter(
    ({ name }) => isIdArgument(name) || /^chatflowid$/i.test(name),
  )
  const named = ids.map(({ name }) => [name, isFlow ? id : newId()] as const)
  return { ...sampleArgs(operation), ...Object.fromEntries(named) }
}

function routeOf({ name }: Operation): Route | undefined {
  return routes.find((route) => route.field === name)
}

/** The call as JSON of a body, or null where the argument does not come by a body. */
async function byBody(operation: Operation, args: Record<string, unknown>, argument: string) {
  const route = routeOf(operation)
  if (!route || route.method === 'GET' || route.method === 'DELETE') return null
  if (route.path.includes(`:${argument}`)) return null
  return send(app, {
    method: route.method,
    target: targetOf(route, args),
    token: app.owner.token,
    body: JSON.stringify(args),
  })
}

function targetOf({ path }: Route, args: Record<string, unknown>): string {
  const filled = path.replaceAll(/:(\w+)/g, (_, name: string) => String(args[name]))
  return basePath + filled
}

const shown = (value: unknown) => (JSON.stringify(value) ?? 'undefined').slice(0, 60)

const table = operations.flatMap((operation) =>
  operation.field.args.map((argument) => ({
    title: `${operation.name}(${argument.name}: ${String(argument.type)})`,
    operation,
    argument,
  })),
)

describe.each(table)('threats 27, 28: $title', ({ operation, argument }) => {
  it('refuses what it is not, by GraphQL and REST', async () => {
    for (const value of wrongValues(argument)) {
      const args = { ...argsOf(operation), [argument.name]: value }
      const rest = await byBody(operation, args, argument.name)
      // A form can say it as text only, and JSON may too.
      const isStreaming = argument.name === 'streaming' && value === 'true'
      if (rest && !isStreaming) expectRefusal(rest, [400], `REST takes ${shown(value)}`)
      if (isCoercedByGraphql(value, argument.type)) continue
      if (operation.name.startsWith('Subscription')) continue
      const call = { args, token: app.owner.token }
      const { code, message } = await callGraphql(app, operation, call)
      expect(code, `GraphQL takes ${shown(value)}: ${message}`).toBe('BAD_REQUEST')
      expectSentence(message)
    }
  })
})

const byQuery = table.flatMap((row) => {
  const route = routeOf(row.operation)
  const reads = route && (route.method === 'GET' || route.method === 'DELETE')
  return reads && !route.path.includes(`:${row.argument.name}`) ? [{ ...row, route }] : []
})

const absurd = ['NaN', '0x10', '1e9', '-1', '2147483648', '1.5', ' 1', '+1', '١', '9'.repeat(400)]

/** Text of a query string that the argument does not take. */
function wrongTexts({ type }: GraphQLArgument): readonly string[] {
  const name = String(isNonNullType(type) ? type.ofType : type)
  if (name === 'Int') return [...absurd, '', 'null', 'true']
  if (name === 'Boolean') return ['1', 'yes', '', 'TRUE', 'null']
  if (name === 'DateTime') return ['1', '', 'now', '2024-02-30T00:00:00Z', '9'.repeat(400)]
  return ['%00', 'a%00b']
}

describe.each(byQuery)('threat 28: $title in a query string', ({ operation, argument, route }) => {
  it('refuses what it is not', async () => {
    const args = argsOf(operation)
    const others = operation.field.args
      .filter(({ name, type }) => isNonNullType(type) && !route.path.includes(`:${name}`))
      .filter(({ name }) => name !== argument.name)
      .map(({ name }) => `&${name}=${encodeURIComponent(String(args[name]))}`)
    for (const text of wrongTexts(argument)) {
      const value = text.startsWith('%') || text.includes('%00') ? text : encodeURIComponent(text)
      const target = `${targetOf(route, args)}?${argument.name}=${value}${others.join('')}`
      const answer = await send(app, { method: route.method, target, token: app.owner.token })
      // Whose flow it is comes first: one that cannot be is like one of nobody.
      const names = 'by' in operation.access && operation.access.by === argument.name
      const expected = names ? 404 : 400
      expect(answer.status, `takes ${shown(text)}: ${answer.text.slice(0, 200)}`).toBe(expected)
      expectRefusal(answer, [expected])
    }
  })
})
