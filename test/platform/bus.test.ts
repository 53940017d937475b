import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import type { Socket } from 'node:net'
import { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Bus } from '../../src/platform/bus/bus.ts'
import { createLocalBus } from '../../src/platform/bus/local.ts'
import { createPostgresBus } from '../../src/platform/bus/postgres.ts'
import { isServiceThere, until } from './services.ts'

const isPostgresThere = await isServiceThere('PostgreSQL', 5432)
const database = `flowgate_bus_${randomUUID().replaceAll('-', '')}`
const url = `postgres://postgres@127.0.0.1:5432/${database}`
const channel = 'Some "channel"'

beforeAll(async () => {
  if (isPostgresThere) await administer(`create database ${database}`)
})
afterAll(async () => {
  if (isPostgresThere) await administer(`drop database ${database} with (force)`)
})

const subjects = [
  { name: 'local', isThere: true, make: () => createLocalBus(fail) },
  { name: 'postgres', isThere: isPostgresThere, make: postgresBus },
]

describe.for(subjects.filter(({ isThere }) => isThere))('bus: $name', ({ make }) => {
  let bus: Bus
  beforeAll(async () => {
    bus = make()
    await until(() => bus.healthy())
  })
  afterAll(() => bus.close())

  test('calls own handlers at once, each once', async () => {
    const got: string[] = []
    bus.subscribe('keys', (payload) => got.push(payload))
    bus.subscribe('keys', (payload) => got.push(payload))
    bus.subscribe('users', (payload) => got.push(`users ${payload}`))
    const published = bus.publish('keys', 'a b\nü "')
    expect(got).toEqual(['a b\nü "', 'a b\nü "'])
    await published
    await bus.publish('users', '')
    expect(got).toEqual(['a b\nü "', 'a b\nü "', 'users '])
  })

  test('ends a subscription and leaves the others', async () => {
    const got: string[] = []
    const handler = (payload: string) => got.push(payload)
    const end = bus.subscribe('ending', handler)
    bus.subscribe('ending', handler)
    end()
    end()
    await bus.publish('ending', 'x')
    expect(got).toEqual(['x'])
  })

  test('refuses what cannot travel', async () => {
    await expect(bus.publish('keys', 'x'.repeat(7901))).rejects.toThrow(RangeError)
    await expect(bus.publish('keys', 'ü'.repeat(3951))).rejects.toThrow(RangeError)
    await expect(bus.publish('keys', 'a\0b')).rejects.toThrow(RangeError)
    await expect(bus.publish('two words', 'x')).rejects.toThrow(RangeError)
    await expect(bus.publish('*', 'x')).rejects.toThrow(RangeError)
    await bus.publish('t'.repeat(60), 'x'.repeat(7900))
  })
})

describe('bus: local', () => {
  test('a handler that throws is reported, and the next one called', async () => {
    const errors: unknown[] = []
    const got: string[] = []
    const bus = createLocalBus((error) => errors.push(error))
    bus.subscribe('keys', () => fail(new Error('bad handler')))
    bus.subscribe('keys', (payload) => got.push(payload))
    await bus.publish('keys', 'x')
    expect(errors).toHaveLength(1)
    expect(got).toEqual(['x'])
  })
})

describe.runIf(isPostgresThere)('bus: several instances on PostgreSQL', () => {
  test('threat 5: what one publishes the other hears within a second, itself only once', async () => {
    const [one, two] = [postgresBus(), postgresBus()]
    await until(() => one.healthy() && two.healthy())
    const heard = { one: Array<string>(), two: Array<string>() }
    one.subscribe('keys', (payload) => heard.one.push(payload))
    two.subscribe('keys', (payload) => heard.two.push(payload))
    const start = Date.now()
    await one.publish('keys', 'a b')
    await until(() => heard.two.length > 0)
    expect(Date.now() - start).toBeLessThan(1000)
    await two.publish('keys', '')
    await until(() => heard.one.length > 1)
    expect(heard).toEqual({ one: ['a b', ''], two: ['a b', ''] })
    await Promise.all([one.close(), two.close()])
  })

  test('threat 50: a lost connection shows, comes back, and resets what hangs on it', async () => {
    const [one, two] = [postgresBus(ignore), postgresBus(ignore)]
    await until(() => one.healthy() && two.healthy())
    const heard: string[] = []
    let wasHealthyAtReset = false
    const states: boolean[] = []
    two.subscribe('keys', (payload) => {
      heard.push(payload)
      if (payload === '*') wasHealthyAtReset = two.healthy()
    })
    await administer(
      `select pg_terminate_backend(pid) from pg_stat_activity where datname = '${database}'`,
    )
    await until(() => {
      states.push(two.healthy())
      return states.includes(false) && two.healthy()
    })
    expect(heard).toEqual(['*'])
    expect(wasHealthyAtReset).toBe(false)
    await until(() => one.healthy())
    await one.publish('keys', 'after')
    await until(() => heard.includes('after'))
    await Promise.all([one.close(), two.close()])
    expect(two.healthy()).toBe(false)
  })

  test('threat 50: what is published while the connection is down is sent afterwards', async () => {
    const [one, two] = [postgresBus(ignore), postgresBus()]
    // Not connected yet: the same as down.
    expect(one.healthy()).toBe(false)
    await until(() => two.healthy())
    const heard: string[] = []
    two.subscribe('keys', (payload) => heard.push(payload))
    const three = postgresBus(ignore)
    await three.publish('keys', 'early 1')
    await three.publish('keys', 'early 2')
    await until(() => heard.length === 2)
    expect(heard).toEqual(['early 1', 'early 2'])
    await Promise.all([one.close(), two.close(), three.close()])
  })

  test('threat 50: a connection that falls silent shows within a few seconds', async () => {
    const proxy = await freezableProxy(5432)
    const bus = createPostgresBus({
      url: `postgres://postgres@127.0.0.1:${proxy.port}/${database}`,
      channel,
      onError: ignore,
      heartbeatMs: 100,
    })
    await until(() => bus.healthy())
    proxy.freeze()
    await until(() => !bus.healthy())
    proxy.thaw()
    await until(() => bus.healthy())
    expect(bus.healthy()).toBe(true)
    await bus.close()
    proxy.close()
  })

  test('threat 50: without a database it stays unhealthy, serves its own, and closes', async () => {
    const errors: unknown[] = []
    const bus = createPostgresBus({
      url: 'postgres://postgres@127.0.0.1:1/none',
      channel,
      onError: (error) => errors.push(error),
    })
    const heard: string[] = []
    bus.subscribe('keys', (payload) => heard.push(payload))
    await bus.publish('keys', 'x')
    expect(heard).toEqual(['x'])
    await until(() => errors.length > 1)
    expect(bus.healthy()).toBe(false)
    await bus.close()
  })
})

function postgresBus(onError: (error: unknown) => void = fail): Bus {
  return createPostgresBus({ url, channel, onError, heartbeatMs: 100 })
}

/** Passes bytes on, or holds them back while connections stay open. */
async function freezableProxy(target: number) {
  const pairs: Socket[] = []
  let isFrozen = false
  const server = createServer((near) => {
    const far = connect({ host: '127.0.0.1', port: target })
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      from.on('data', (bytes) => {
        if (!isFrozen) to.write(bytes)
      })
      from.on('error', ignore).on('close', () => to.destroy())
      pairs.push(from)
    }
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('The proxy has no port')
  return {
    port: address.port,
    freeze: () => (isFrozen = true),
    thaw: () => (isFrozen = false),
    close() {
      for (const socket of pairs) socket.destroy()
      server.close()
    },
  }
}

async function administer(sql: string): Promise<void> {
  const client = new Client({ connectionString: 'postgres://postgres@127.0.0.1:5432/postgres' })
  await client.connect()
  await client.query(sql)
  await client.end()
}

function ignore(): void {
  // Losses are what these tests are about.
}

function fail(error: unknown): never {
  throw error
}
