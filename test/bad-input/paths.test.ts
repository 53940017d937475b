import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { newId } from '../../src/core/ids.ts'
import { basePath, routes } from '../../src/rest/routes.ts'
import { startApp, type TestApp } from '../harness.ts'
import { callGraphql, createAll, sampleArgs } from '../security/operations.ts'
import {
  expectRefusal,
  expectSentence,
  isIdArgument,
  operations,
  send,
  stateOf,
  expectUnchanged,
} from './refusals.ts'
import { unstorable } from './wrong-values.ts'

let app: TestApp
let before: string
beforeAll(async () => {
  app = await startApp()
  await createAll(app, app.owner.token)
  before = await stateOf(app)
})
afterAll(async () => {
  await expectUnchanged(app, before)
  await app.close()
})

/** Segments that are no id, as they would be sent. */
const segments = [
  ['', '.', '..', '...', '%2e', '%2e%2e', '%2E%2e', '..%2f..', '%2e%2e%2f', '..%5c', '%5c', '\\'],
  ['%00', 'a%00b', '%0d%0aSet-Cookie:x=1', '%0a', '%20', '%', '%2', '%zz', '%ff', '%ed%a0%80'],
  ['%c0%ae', '%252e%252e', '%2525', '0', '-1', 'null', 'undefined', 'true', 'NaN', '{}', '[]'],
  ["'", "'%20OR%201=1--", '%22', '%3Cscript%3E', '$where', '*', '%25', '_', ';', 'a;b', 'a,b'],
  ['__proto__', 'constructor', 'toString', '%F0%9F%98%80', '%C3%A4', 'e%CC%81', '%E2%80%AE'],
  ['x'.repeat(200), 'x'.repeat(10_000), '9'.repeat(400), '%41'.repeat(2000)],
  ['00000000-0000-0000-0000-000000000000', 'ffffffff-ffff-ffff-ffff-ffffffffffff'],
  ['0190A0A0-0000-7000-8000-000000000000', '{0190a0a0-0000-7000-8000-000000000000}'],
  ['0190a0a000007000800000000000000', '0190a0a0-0000-7000-8000-00000000000g', 'key_', 'key_ä'],
].flat()

const withIds = routes.filter(({ path }) => /:(?:id|userId)\b/.test(path))

describe.each(withIds)('threats 27, 37: ids in $method $path', (route) => {
  const operation = operations.find(({ name }) => name === route.field)
  const args = operation ? sampleArgs(operation) : {}
  const hasBody = route.method === 'POST' || route.method === 'PUT'

  it('are not found, whatever form they have', async () => {
    for (const segment of segments) {
      const path = route.path.replaceAll(/:(\w+)/g, (_, name: string) =>
        isIdArgument(name) ? segment : encodeURIComponent(String(args[name])),
      )
      const target = basePath + path
      const body = hasBody ? JSON.stringify(args) : null
      const answer = await send(app, { method: route.method, target, token: app.owner.token, body })
      expect(answer.status, `${target.slice(0, 100)}: ${answer.text.slice(0, 200)}`).toBe(404)
      expectRefusal(answer, [404])
    }
  })
})

const naming = operations.filter(
  ({ name, field }) =>
    !name.startsWith('Subscription') && field.args.some((argument) => isIdArgument(argument.name)),
)

const ids = ['', '.', '..', '../x', '%2e%2e', "' OR 1=1--", 'ä', '😀', '‮', 'x'.repeat(100_000)]

describe.each(naming)('threat 27: ids of $name', (operation) => {
  const call = (id: string) => {
    const named = operation.field.args.filter(({ name }) => isIdArgument(name))
    const args = Object.fromEntries(named.map(({ name }) => [name, id]))
    const sample = sampleArgs(operation, args)
    return callGraphql(app, operation, { args: sample, token: app.owner.token })
  }

  it('are not found, or cannot be', async () => {
    for (const id of [...ids, newId().toUpperCase(), 'key_nothing']) {
      const { code, message } = await call(id)
      expect(code, `sent: ${id.slice(0, 50)}`).toBe('NOT_FOUND')
      expectSentence(message)
    }
    for (const id of unstorable) {
      expect((await call(id)).code, `sent: ${JSON.stringify(id)}`).toMatch(
        /^(NOT_FOUND|BAD_REQUEST)$/,
      )
    }
  })
})

describe('threat 37: paths', () => {
  it.each(routes)('$method $path leads nowhere in another form', async (route) => {
    expect.hasAssertions()
    const path = route.path.replaceAll(/:\w+/g, () => newId())
    // Where a path ends in a parameter, blanks belong to its value.
    const statuses = /:\w+$/.test(route.path) ? [404, 401, 400] : [404]
    const token = app.owner.token
    for (const target of [
      `/API/V1${path}`,
      `${basePath}${path.toUpperCase()}`,
      `${basePath}${path}/`,
      `${basePath}/${path}`,
      `/${basePath}${path}`,
      `${basePath}${path}%20`,
      `${basePath}${path}%00`,
      `${basePath}/x/..${path}`,
      `${basePath}/.${path}`,
      `${basePath}${path}/../${path}`,
      `${basePath};x=1${path}`,
      `${basePath}${path};x=1/y`,
    ]) {
      const answer = await send(app, { method: 'GET', target, token })
      if (answer.status !== 405) expectRefusal(answer, statuses)
    }
  })

  it('are refused where there is nothing', async () => {
    expect.hasAssertions()
    for (const target of [
      '',
      '*',
      '?',
      '#',
      '/%',
      '/\0',
      '//',
      '/api',
      '/api/v1',
      '/😀',
      'http:',
    ]) {
      expectRefusal(await send(app, { method: 'GET', target: target || '/x' }), [404])
    }
  })
})
