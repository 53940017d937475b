import { beforeEach, describe, expect, it } from 'vitest'
import { createLocalBus } from '../../src/platform/bus/local.ts'
import { createRuns, type Runs } from '../../src/platform/runs.ts'

let runs: Runs

beforeEach(() => {
  const limits = { total: 8, perWorkspace: 4, anonymous: 3, guaranteed: 1, beyond: 2 }
  runs = createRuns(
    createLocalBus(() => undefined),
    limits,
  )
})

const begin = (workspaceId: string, isAnonymous = false) =>
  runs.begin({ name: 'a run', workspaceId, isAnonymous })
const refusal = 'Too many flows run at once; try again in a moment.'

describe('runs at once', () => {
  it('are so many of a workspace, and one more when one has ended', () => {
    const slots = Array.from({ length: 4 }, () => begin('one'))
    expect(() => begin('one')).toThrow(refusal)
    slots[0]?.end()
    begin('one')
    expect(() => begin('one')).toThrow(refusal)
    expect(runs.active()).toBe(4)
  })

  it('of callers without a credential leave room for those who have one', () => {
    for (let count = 0; count < 3; count += 1) begin('one', true)
    expect(() => begin('one', true)).toThrow(refusal)
    begin('one')
    expect(() => begin('one')).toThrow(refusal)
  })

  it('of two workspaces leave room for others, up to a bound', () => {
    for (let count = 0; count < 4; count += 1) for (const id of ['one', 'two']) begin(id)
    begin('three')
    expect(() => begin('three')).toThrow(refusal)
    begin('four')
    expect(() => begin('five')).toThrow(refusal)
  })
})
