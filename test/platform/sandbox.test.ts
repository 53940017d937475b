import { createHash, createHmac } from 'node:crypto'
import { afterAll, describe, expect, test } from 'vitest'
import { createSandbox, type Sandbox } from '../../src/platform/workers/sandbox.ts'

const sandbox = createSandbox({ fetch: refuseAll, threads: 1 })
afterAll(() => sandbox.close())

async function refuseAll(): Promise<Response> {
  throw new TypeError('There is no network in this test.')
}

/** What the code returns, or the code and message of the failure. */
async function outcome(code: string, limitMs = 2000, box: Sandbox = sandbox): Promise<unknown> {
  try {
    const { value } = await box.run({ code, variables: {}, limitMs })
    return value
  } catch (error) {
    const { code: name, message } = error as { code: string; message: string }
    return `${name} ${message}`
  }
}

/** Milliseconds a run takes; the best of three, since this machine may be busy with other things. */
async function quickest(code: string, limitMs: number): Promise<number> {
  const times: number[] = []
  while (times.length < 3) {
    // The thread may be a new one; its start is no part of the limit.
    await outcome('return 1')
    const begun = performance.now()
    await outcome(code, limitMs)
    times.push(performance.now() - begun)
    if (times.some((time) => time < limitMs + 50)) break
  }
  return Math.min(...times)
}

describe('what code is given and gives back', () => {
  test('variables become globals, undefined ones too; the result is what JSON carries', async () => {
    const variables = { $input: 'in', $vars: { a: [1] }, $flow: { id: 'x' }, $none: undefined }
    const code = 'return { $input, all: [$vars, $flow, typeof $none, $none === undefined] }'
    const { value } = await sandbox.run({ code, variables })
    expect(value).toEqual({ $input: 'in', all: [{ a: [1] }, { id: 'x' }, 'undefined', true] })
    expect(await outcome('')).toBeUndefined()
    expect(await outcome('return null')).toBeNull()
    expect(await outcome('return "text" // comment')).toBe('text')
    expect(await outcome('return [new Date(0), undefined, NaN]')).toEqual([
      '1970-01-01T00:00:00.000Z',
      null,
      null,
    ])
  })

  test('the console is kept, within bounds', async () => {
    const code = `console.log('a', { b: 1 }, new Error('c')); console.error([2])
      for (let i = 0; i < 1000; i += 1) console.log('x'.repeat(10000))`
    const { logs } = await sandbox.run({ code, variables: {} })
    expect(logs.slice(0, 2)).toEqual(['a {"b":1} Error: c', '[2]'])
    expect(logs).toHaveLength(101)
    expect(logs[50]).toHaveLength(4096)
    expect(logs.at(-1)).toBe('(further lines are not kept)')
  })

  test('an error keeps its name, its message and the line', async () => {
    const named = '\n\n\nthrow Object.assign(new Error("so"), { name: "Odd" })'
    expect(await outcome(named)).toBe('UNPROCESSABLE Odd: so (line 4)')
    expect(await outcome('const x = null\nreturn x.y')).toMatch(
      /^UNPROCESSABLE TypeError: .*'y'.* \(line 2\)$/,
    )
    expect(await outcome('const a = 1\nconst b = = 2\nreturn a')).toMatch(
      /^UNPROCESSABLE SyntaxError: .* \(line 2\)$/,
    )
    expect(await outcome('throw "plain"')).toBe('UNPROCESSABLE plain')
    expect(await outcome('throw { reason: 1 }')).toBe('UNPROCESSABLE {"reason":1}')
    expect(await outcome('throw { get message() { throw 1 } }')).toMatch(/cannot be shown/)
    expect(
      await outcome(
        'setTimeout(() => { throw new Error("late") }, 1)\nfor (;;) await new Promise((r) => setTimeout(r, 5))',
      ),
    ).toBe('UNPROCESSABLE Error: late (line 1)')
  })

  test('few modules can be required', async () => {
    expect(
      await outcome('return [typeof require("node-fetch"), typeof require("axios").get]'),
    ).toEqual(['function', 'function'])
    expect(
      await outcome(`const { URL } = require('node:url')
        const { Buffer } = require('buffer')
        return new URL('http://x.example/a').pathname + Buffer.from('YQ==', 'base64').toString()`),
    ).toBe('/aa')
    expect(await outcome('return require("fs")')).toMatch(
      /Cannot find module 'fs': there are only node-fetch/,
    )
    expect(await outcome('return require("__proto__")')).toMatch(/Cannot find module '__proto__'/)
  })

  test('hashes are those of Node', async () => {
    const code = `const { createHash, createHmac, randomBytes } = require('crypto')
      return [
        createHash('sha256').update('grün').update(Buffer.from('b')).digest('hex'),
        createHmac('SHA1', 'key').update('YQ==', 'base64').digest('base64'),
        Buffer.from(createHmac('md5', Buffer.from('k')).update('').digest()).toString('base64url'),
        randomBytes(3).length,
      ]`
    expect(await outcome(code)).toEqual([
      createHash('sha256').update('grünb').digest('hex'),
      createHmac('sha1', 'key').update('a').digest('base64'),
      createHmac('md5', 'k').update('').digest('base64url'),
      3,
    ])
    expect(await outcome('return require("crypto").createHash("constructor").digest()')).toBe(
      'UNPROCESSABLE TypeError: Unknown algorithm: constructor (line 1)',
    )
  })

  test('timers wait, repeat and can be cleared', async () => {
    const code = `const seen = []
      const every = setInterval(() => seen.push('i'), 10)
      clearTimeout(setTimeout(() => seen.push('never'), 1))
      setTimeout((word) => seen.push(word), 5, 'word')
      await new Promise((resolve) => setTimeout(resolve, 60))
      clearInterval(every)
      return [seen[0], seen.includes('never'), seen.filter((x) => x === 'i').length > 1]`
    expect(await outcome(code)).toEqual(['word', false, true])
  })
})

describe('what QuickJS lacks', () => {
  test.each([
    ['btoa("hi") + atob("aGk=")', 'aGk=hi'],
    ['atob("*")', expect.stringMatching(/UNPROCESSABLE Error: Invalid character/)],
    ['new TextDecoder().decode(new TextEncoder().encode("é😀"))', 'é😀'],
    ['new TextDecoder("utf-16le").decode(new Uint8Array([104, 0]))', 'h'],
    ['new TextDecoder("nonsense")', expect.stringMatching(/UNPROCESSABLE RangeError/)],
    ['Buffer.from("é").toString("base64")', 'w6k='],
    ['Buffer.from("w6k=", "base64").toString()', 'é'],
    ['Buffer.concat([Buffer.from("a"), Buffer.from("b")]).toString("hex")', '6162'],
    ['[Buffer.isBuffer(Buffer.alloc(2)), Buffer.byteLength("é")]', [true, 2]],
    ['crypto.randomUUID()', expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-4/)],
    ['crypto.getRandomValues(new Uint8Array(8)).length', 8],
    [
      '[...structuredClone(new Map([[1, { a: new Date(0) }]])).values()]',
      [{ a: '1970-01-01T00:00:00.000Z' }],
    ],
    ['(() => { const a = {}; a.a = a; const b = structuredClone(a); return b.a === b })()', true],
    ['structuredClone(() => 1)', expect.stringMatching(/cannot be cloned/)],
    [
      'new Intl.NumberFormat("de-DE", { style: "currency", currency: "EUR" }).format(1234.5)',
      '1.234,50\u00A0€',
    ],
    ['(1234.5).toLocaleString()', '1,234.5'],
    ['new Intl.DateTimeFormat("en-GB", { timeZone: "UTC" }).format(new Date(0))', '01/01/1970'],
    ['new Intl.DateTimeFormat().formatToParts(0).length > 4', true],
    [
      'new Intl.DateTimeFormat("en", { timeZone: "Asia/Tokyo" }).resolvedOptions().timeZone',
      'Asia/Tokyo',
    ],
    [
      'new Date(0).toLocaleDateString("de-DE", { timeZone: "UTC", dateStyle: "full" })',
      'Donnerstag, 1. Januar 1970',
    ],
    ['new Date(0).toLocaleTimeString("en-GB", { timeZone: "Australia/Sydney" })', '10:00:00'],
    [
      'new Date(0).toLocaleString("en", { timeZone: "Not/AZone" })',
      expect.stringMatching(/RangeError: Invalid time zone/),
    ],
  ])('%s', async (expression, expected) => {
    expect(await outcome(`return ${expression}`)).toEqual(expected)
  })

  test('URL and URLSearchParams follow each other', async () => {
    const code = `const url = new URL('/a?b=1', 'https://x.org:8080/')
      url.searchParams.append('c', 'd e')
      url.searchParams.set('b', 2)
      const first = url.href
      url.search = '?z=9'
      url.hash = 'end'
      const params = new URLSearchParams({ q: 'é&' })
      for (const [name, value] of [['a', 1], ['a', 2]]) params.append(name, value)
      return [first, String(url), url.searchParams.get('z'), params.toString(), [...params.keys()],
        params.getAll('a'), params.has('x'), url.origin, URL.canParse('nothing'), JSON.stringify({ url })]`
    expect(await outcome(code)).toEqual([
      'https://x.org:8080/a?b=2&c=d+e',
      'https://x.org:8080/a?z=9#end',
      '9',
      'q=%C3%A9%26&a=1&a=2',
      ['q', 'a', 'a'],
      ['1', '2'],
      false,
      'https://x.org:8080',
      false,
      '{"url":"https://x.org:8080/a?z=9#end"}',
    ])
    expect(await outcome('return new URL("nothing")')).toMatch(
      /UNPROCESSABLE TypeError: Invalid URL/,
    )
  })
})

describe('threat 41', () => {
  test('threat 41: nothing of Node is there, by no way', async () => {
    expect(
      await outcome(`return [typeof process, typeof module, typeof global, typeof WebAssembly,
        typeof host, typeof load, typeof std, typeof os, typeof navigator]`),
    ).toEqual(Array.from({ length: 9 }, () => 'undefined'))
    const ways = [
      'return (0).constructor.constructor("return process")()',
      'return this.constructor.constructor("return process")()',
      'return fetch.constructor("return process")()',
      'return console.log.constructor("return process")()',
      'return require.constructor("return process")()',
      'return (await Promise.resolve()).constructor',
      'return eval("process")',
    ]
    for (const way of ways) expect(await outcome(way)).toMatch(/^UNPROCESSABLE \w+Error: /)
  })

  test('threat 41: there is no import, static or dynamic', async () => {
    expect(await outcome('return await import("node:fs")')).toMatch(/^UNPROCESSABLE .*node:fs/)
    expect(await outcome('return await import("./host.ts")')).toMatch(/^UNPROCESSABLE .*host.ts/)
    expect(await outcome('import fs from "fs"')).toMatch(/^UNPROCESSABLE SyntaxError/)
  })

  test.each([
    ['an infinite loop', 'for (;;);'],
    ['a loop that catches', 'for (;;) try { for (;;); } catch {} finally { for (;;); }'],
    ['a catastrophic pattern', 'return /(a+)+$/.test("a".repeat(40) + "b")'],
    ['an endless chain of promises', 'for (;;) await null'],
    [
      'a chain that branches',
      'const f = () => { Promise.resolve().then(f) }; f(); await new Promise(() => {})',
    ],
    [
      'endless timers',
      'const f = () => { setTimeout(f, 0); setTimeout(f, 0) }; f(); await new Promise(() => {})',
    ],
    ['a sleep that is too long', 'await new Promise((resolve) => setTimeout(resolve, 60_000))'],
    ['a result that never ends', 'return { toJSON() { for (;;); } }'],
    ['an error that never ends', 'throw { get message() { for (;;); } }'],
    ['a thenable that never ends', 'return { then() { for (;;); } }'],
    ['work in the host', 'for (;;) new Date().toLocaleString("de", { timeZone: "Asia/Tokyo" })'],
    ['numbers without end', 'let a = 3n; for (;;) { a = a * a; if (a > 2n ** 500_000n) a = 3n }'],
  ])('threat 41: %s ends within its limit and 50 ms', async (_name, code) => {
    expect(await outcome(code, 300)).toBe('TIMEOUT The code did not end within 300 ms.')
    expect(await quickest(code, 300)).toBeLessThan(350)
    expect(await outcome('return 1')).toBe(1)
  })

  test.each([
    ['awaiting for ever', 'await new Promise(() => {})', /awaits a promise that nothing/],
    [
      'recursion',
      'const f = () => f() + 1; return f()',
      /InternalError: stack overflow \(line 1\)/,
    ],
    [
      'a deep result',
      'let a = []; for (let i = 0; i < 100; i += 1) a = [a]; return a',
      /64 levels/,
    ],
    ['a large result', 'return "x".repeat(2e6)', /larger than 1048576 bytes/],
    ['a result without end', 'const a = {}; a.a = a; return a', /TypeError: circular/],
    ['a bigint', 'return 1n', /UNPROCESSABLE TypeError/],
    ['a large array', 'return new Array(1e9).fill(0)', /more than 64 MiB|TIMEOUT/],
    ['a large buffer', 'return new ArrayBuffer(1e9)', /more than 64 MiB/],
    ['a string bomb', 'let s = "x"; for (;;) s += s', /string too long|more than 64 MiB/],
    [
      'an array of strings',
      'const a = []; for (;;) a.push("x".repeat(1e5) + a.length)',
      /more than 64 MiB|TIMEOUT/,
    ],
    [
      'a bomb that catches',
      'const a = []; for (;;) try { for (;;) a.push(new Array(99).fill(1)) } catch {}',
      /TIMEOUT|64 MiB/,
    ],
    ['a text for the host', 'return btoa("x".repeat(2e7))', /too long to leave|64 MiB/],
  ])('threat 41: %s ends in a clear error', async (_name, code, message) => {
    expect(await outcome(code)).toMatch(message)
    expect(await outcome('return 1')).toBe(1)
  })

  test('threat 41: patches of prototypes and globals harm nobody, and are gone in the next run', async () => {
    const patch = `Object.prototype.leak = 1; Array.prototype.map = null; globalThis.left = 1
      JSON.stringify = null; JSON.parse = null; Promise.prototype.then = null; Date.now = null
      Object.prototype.toJSON = () => 'gone'; return 'patched'`
    expect(await outcome(patch)).toBe('patched')
    expect(({} as Record<string, unknown>)['leak']).toBeUndefined()
    const look = 'return [{}.leak, typeof left, [1].map((x) => x + 1), JSON.stringify({ a: 1 })]'
    expect(await outcome(look)).toEqual([null, 'undefined', [2], '{"a":1}'])
  })

  test('threat 41: a result can be walked, stored and merged', async () => {
    const code = `return [JSON.parse('{"__proto__":{"admin":true},"b":1}'),
      { constructor: { prototype: { admin: true } } }, 'a😀'.slice(0, 2), 'nul\\0']`
    const value = await outcome(code)
    expect(JSON.stringify(value)).toBe('[{"b":1},{},"a\uFFFD","nul\uFFFD"]')
  })

  test('threat 41: the main thread does not notice', async () => {
    let ticks = 0
    const timer = setInterval(() => (ticks += 1), 10)
    const codes = ['for (;;);', 'for (;;) await null', 'for (;;) console.log("x".repeat(1e4))']
    for (const code of codes) await outcome(code, 300)
    clearInterval(timer)
    expect(ticks).toBeGreaterThan(30)
  })
})
