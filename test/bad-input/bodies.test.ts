import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { newId } from '../../src/core/ids.ts'
import { basePath, routes } from '../../src/rest/routes.ts'
import { startApp, type TestApp } from '../harness.ts'
import { createAll } from '../security/operations.ts'
import { expectRefusal, send, stateOf, expectUnchanged, type RawAnswer } from './refusals.ts'

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

const deep = 100_000
const nested = (open: string, close: string) => `${open.repeat(deep)}1${close.repeat(deep)}`

/** No object of JSON, whatever the operation is. */
const noObjects: readonly (readonly [string, string | Uint8Array])[] = [
  ['null', 'null'],
  ['a list', '[]'],
  ['a list of objects', '[{"name":"x"}]'],
  ['a text', '"name"'],
  ['a number', '5'],
  ['true', 'true'],
  ['NaN', '{"name":NaN}'],
  ['a hexadecimal number', '{"name":0x10}'],
  ['a number with a leading zero', '{"name":01}'],
  ['half an object', '{"name":"x"'],
  ['a comma too many', '{"name":"x",}'],
  ['single quotes', "{'name':'x'}"],
  ['keys without quotes', '{name:"x"}'],
  ['a comment', '{"name":"x"}//'],
  ['two objects', '{"name":"x"}{}'],
  ['blanks', '   '],
  ['a raw NUL in a text', '{"name":"a\0b"}'],
  ['a raw line break in a text', '{"name":"a\nb"}'],
  ['a NUL alone', '\0'],
  ['a wrong escape', String.raw`{"name":"\x41"}`],
  ['half an escape', String.raw`{"name":"\u00"}`],
  ['Latin-1', new Uint8Array([...Buffer.from('{"name":"'), 0xe9, ...Buffer.from('"}')])],
  ['an encoded surrogate', new Uint8Array([0x7b, 0x22, 0xed, 0xa0, 0x80, 0x22, 0x3a, 0x31, 0x7d])],
  ['overlong UTF-8', new Uint8Array([0x7b, 0x22, 0xc0, 0x80, 0x22, 0x3a, 0x31, 0x7d])],
  ['HTML', '<html></html>'],
  ['a form', 'name=x&password=y'],
  ['an escaped NUL in a value', String.raw`{"name":"a\u0000b"}`],
  ['an escaped NUL in a key', String.raw`{"a\u0000b":1}`],
  ['an escaped NUL deep inside', String.raw`{"plainDataObj":{"a":[{"b":"\u0000"}]}}`],
  ['half of a surrogate pair', String.raw`{"name":"\ud800"}`],
  ['the other half', String.raw`{"name":"\udfff\ud800"}`],
  ['half of a pair in a key', String.raw`{"x":{"\udc00":1}}`],
  ['__proto__', '{"__proto__":{"isPublic":true}}'],
  ['__proto__ as an escape', String.raw`{"\u005f_proto__":{"isPublic":true}}`],
  ['__proto__ deep inside', '{"plainDataObj":{"a":[{"__proto__":null}]}}'],
  ['100,000 lists', `{"name":${nested('[', ']')}}`],
  ['100,000 objects', `{"name":${nested('{"a":', '}')}}`],
  ['100,001 values', `{"name":[${'1,'.repeat(deep)}1]}`],
  ['100,001 keys', `{${'"a":1,'.repeat(deep)}"a":1}`],
  ['100,000 lists never closed', `{"name":${'['.repeat(deep)}`],
]

const withBody = routes.filter(({ method }) => method === 'POST' || method === 'PUT')
const targetOf = (path: string) => basePath + path.replaceAll(/:\w+/g, () => newId())

function polluted(): boolean {
  return 'isPublic' in {}
}

describe.each(withBody)('threats 27, 35: the body of $method $path', ({ method, path }) => {
  const limit = path.startsWith('/auth/') ? 65_536 : 10_485_760
  const post = (body: string | Uint8Array, headers = {}): Promise<RawAnswer> =>
    send(app, { method, target: targetOf(path), token: app.owner.token, body, headers })

  it('is refused where it is no object of sound JSON, in time', async () => {
    for (const [what, body] of noObjects) {
      const start = performance.now()
      const answer = await post(body)
      expect(performance.now() - start, `sent: ${what}`).toBeLessThan(500)
      expect(answer.status, `sent: ${what}`).toBe(body.length > limit ? 413 : 400)
      expectRefusal(answer, [400, 413])
    }
    expect(polluted()).toBe(false)
  })

  it('is refused in other types, charsets and encodings', async () => {
    expect.hasAssertions()
    for (const headers of [
      { 'content-type': 'text/plain' },
      { 'content-type': 'application/xml' },
      { 'content-type': 'application/json; charset=utf-16' },
      { 'content-encoding': 'gzip' },
    ]) {
      expectRefusal(await post('{"name":"x"}', headers), [415])
    }
    // Where files may come along, a form that is none is refused for its shape.
    const form = { 'content-type': 'multipart/form-data; boundary=x' }
    expectRefusal(await post('{"name":"x"}', form), [400, 415])
  })

  it('is refused where it is larger than it may be, declared or not', async () => {
    expect.hasAssertions()
    expectRefusal(await post('{}', { 'content-length': '60000000' }), [413])
    if (limit > 65_536) return
    expectRefusal(await post(`{"a":"${'x'.repeat(limit)}"}`), [413])
  })
})

describe('threats 27, 35: the body of POST /graphql', () => {
  const post = (body: string | Uint8Array) =>
    send(app, { method: 'POST', target: '/graphql', token: app.owner.token, body })

  it.each(noObjects)('refuses %s', async (_what, body) => {
    const answer = await post(body)
    expect(answer.status).toBe(400)
    const { errors } = JSON.parse(answer.text) as {
      errors: { message: string; extensions: Record<string, string> }[]
    }
    expect(errors[0]?.extensions).toEqual({
      code: 'BAD_REQUEST',
      requestId: answer.headers['x-request-id'],
    })
    expect(errors[0]?.message).toMatch(/^The body .{5,100}\.$/)
  })
})
