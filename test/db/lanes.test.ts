import { DatabaseError } from 'pg'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createLanes, type Lanes } from '../../src/db/lanes.ts'

/** The messages that were sent, each with what ends it. */
interface Sent {
  readonly texts: readonly string[]
  readonly keep: () => void
  readonly fail: (cause: unknown) => void
}

let lanes: Lanes
let sent: Sent[]

beforeEach(() => {
  lanes = createLanes()
  sent = []
})

const write = (text: string) =>
  lanes.write('lane', [text], (texts) => {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    sent.push({ texts, keep: resolve, fail: reject })
    return promise
  })

const messages = () => sent.map(({ texts }) => texts.join('+'))

function refusal(code: string): DatabaseError {
  const error = new DatabaseError(`refused with ${code}`, 0, 'error')
  error.code = code
  return error
}

/** One write is under way, and two wait. */
function three() {
  const outcomes = Promise.allSettled(['a', 'b', 'c'].map(write))
  return { outcomes, ofSecond: vi.waitUntil(() => sent[1]) }
}

describe('a message that fails', () => {
  it.each(['22P05', '23503', '23505', '40P01', '42501', 'P0001'])(
    'for its rows, %s, is undone, and each of its writes tries alone',
    async (code) => {
      const { outcomes, ofSecond } = three()
      sent[0]?.keep()
      const shared = await ofSecond
      shared?.fail(refusal(code))
      const b = await vi.waitUntil(() => sent[2])
      b?.fail(refusal(code))
      const c = await vi.waitUntil(() => sent[3])
      c?.keep()
      expect(messages()).toEqual(['a', 'b+c', 'b', 'c'])
      expect((await outcomes).map(({ status }) => status)).toEqual([
        'fulfilled',
        'rejected',
        'fulfilled',
      ])
    },
  )

  const states = ['08006', '08P01', '28000', '53300', '55000', '55P03', '57014', '57P01', '57P03']
  it.each([
    new Error('Connection terminated unexpectedly'),
    new Error('Cannot use a pool after calling end on the pool'),
    Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' }),
    ...states.map(refusal),
  ])('for another reason is not sent again, as it may have been kept: %s', async (cause) => {
    const { outcomes, ofSecond } = three()
    sent[0]?.fail(cause)
    const shared = await ofSecond
    shared?.fail(cause)
    const reasons = (await outcomes).map((outcome) => 'reason' in outcome && outcome.reason)
    expect(reasons).toEqual([cause, cause, cause])
    expect(messages()).toEqual(['a', 'b+c'])
  })

  it('leaves its lane to others', async () => {
    const first = write('a')
    sent[0]?.fail(refusal('23505'))
    await expect(first).rejects.toThrow('refused with 23505')
    const second = write('b')
    sent[1]?.keep()
    await second
    expect(messages()).toEqual(['a', 'b'])
  })
})

describe('time', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  it('of a second is what writes wait for a message that does not end', async () => {
    const writes = ['a', 'b', 'c'].map(write)
    await vi.advanceTimersByTimeAsync(999)
    expect(messages()).toEqual(['a'])
    await vi.advanceTimersByTimeAsync(1)
    expect(messages()).toEqual(['a', 'b+c'])
    sent[1]?.keep()
    await Promise.all(writes.slice(1))
    sent[0]?.fail(new Error('ETIMEDOUT'))
    await expect(writes[0]).rejects.toThrow('ETIMEDOUT')
  })

  it('is not watched any more once a message has ended', async () => {
    const writes = ['a', 'b'].map(write)
    sent[0]?.keep()
    await vi.advanceTimersByTimeAsync(0)
    sent[1]?.keep()
    await Promise.all(writes)
    await lanes.close()
    expect(vi.getTimerCount()).toBe(0)
  })
})

describe('the end', () => {
  it('waits until what waits was sent', async () => {
    const { outcomes, ofSecond } = three()
    let isClosed = false
    const closed = lanes.close().then(() => (isClosed = true))
    sent[0]?.keep()
    const shared = await ofSecond
    expect(isClosed).toBe(false)
    shared?.keep()
    await closed
    expect((await outcomes).map(({ status }) => status)).toEqual([
      'fulfilled',
      'fulfilled',
      'fulfilled',
    ])
  })
})
