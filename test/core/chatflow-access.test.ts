import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decideAccess, type Visit } from '../../src/chatflows/access.ts'
import type { FlowHead } from '../../src/context.ts'
import { anonymous, rejected, type Caller, type KeyCaller } from '../../src/core/caller.ts'
import type { Permission } from '../../src/core/permissions.ts'

const home = 'workspace-a'

function keyOf(keyId: string, changes: Partial<KeyCaller> = {}): KeyCaller {
  return {
    kind: 'key',
    keyId,
    workspaceId: home,
    permissions: ['predictions:create'],
    exchanged: false,
    rateLimit: null,
    ...changes,
  }
}

function userWith(permissions: readonly Permission[], workspaceId = home): Caller {
  return {
    kind: 'user',
    userId: 'u',
    sessionId: 's',
    organizationId: 'o',
    workspaceId,
    role: 'viewer',
    permissions,
  }
}

const callers = {
  nobody: anonymous,
  rejected,
  key: keyOf('key_1'),
  'its token': keyOf('key_1', { exchanged: true }),
  'other key': keyOf('key_2'),
  'weak key': keyOf('key_1', { permissions: ['tools:view'] }),
  'weak other key': keyOf('key_2', { permissions: [] }),
  'foreign key': keyOf('key_3', { workspaceId: 'workspace-b' }),
  user: userWith(['predictions:create']),
  'weak user': userWith([]),
  'foreign user': userWith(['predictions:create'], 'workspace-b'),
} as const satisfies Record<string, Caller>

const head = (changes: Partial<FlowHead> = {}): FlowHead => ({
  id: 'f',
  workspaceId: home,
  apikeyid: null,
  isPublic: false,
  chatbotConfig: null,
  ...changes,
})

const heads = {
  unknown: null,
  private: head(),
  public: head({ isPublic: true }),
  bound: head({ apikeyid: 'key_1' }),
  'bound public': head({ apikeyid: 'key_1', isPublic: true }),
  orphaned: head({ apikeyid: 'key_gone', isPublic: true }),
} as const

/** Columns as in `heads`; 2 stands for 200, 1 for 401, 3 for 403, 4 for 404. */
const table: Record<keyof typeof callers, string> = {
  nobody: '1 1 2 1 1 1',
  rejected: '1 1 1 1 1 1',
  key: '4 2 2 2 2 3',
  'its token': '4 2 2 2 2 3',
  'other key': '4 2 2 3 3 3',
  'weak key': '4 3 2 3 3 3',
  'weak other key': '4 3 2 3 3 3',
  'foreign key': '4 4 2 4 4 4',
  user: '4 2 2 3 3 3',
  'weak user': '4 3 2 3 3 3',
  'foreign user': '4 4 2 4 4 4',
}

const numbers = { UNAUTHENTICATED: '1', FORBIDDEN: '3', NOT_FOUND: '4' } as const

function decide(flow: FlowHead | null, visit: Partial<Visit>): string {
  const admission = decideAccess(flow, {
    caller: anonymous,
    demand: { anyOf: ['predictions:create'], anonymous: true },
    origin: null,
    anonymousAccess: true,
    ...visit,
  })
  return admission.admitted ? '2' : numbers[admission.code]
}

describe('who opens a flow', () => {
  it.each(Object.entries(table))('%s', (name, expected) => {
    const caller = callers[name as keyof typeof callers]
    const row = Object.values(heads).map((flow) => decide(flow, { caller }))
    expect(row.join(' ')).toBe(expected)
  })

  it('public means nothing where the server or the demand says so', () => {
    const demand = { anyOf: ['predictions:create'], anonymous: false } as const
    for (const changes of [{ demand }, { anonymousAccess: false }]) {
      expect(decide(heads.public, changes)).toBe('1')
      expect(decide(heads.public, { ...changes, caller: callers.user })).toBe('2')
      expect(decide(heads.public, { ...changes, caller: callers['weak user'] })).toBe('3')
      expect(decide(heads.public, { ...changes, caller: callers['foreign user'] })).toBe('4')
    }
  })

  it('a page of another origin is turned away, after everybody else', () => {
    const listed = head({
      isPublic: true,
      chatbotConfig: '{"allowedOrigins":["https://a.example"]}',
    })
    expect(decide(listed, { origin: 'https://a.example' })).toBe('2')
    expect(decide(listed, { origin: null })).toBe('2')
    expect(decide(listed, { origin: 'https://b.example' })).toBe('3')
    expect(decide(listed, { origin: 'https://b.example', caller: callers.key })).toBe('3')
    expect(decide({ ...listed, isPublic: false }, { origin: 'https://b.example' })).toBe('1')
    const from = (chatbotConfig: string) =>
      decide({ ...listed, chatbotConfig }, { origin: 'https://b.example' })
    const none = ['{}', '{"allowedOrigins":[]}', '{"allowedOrigins":[""]}', 'null']
    expect(none.map(from)).toEqual(['2', '2', '2', '2'])
    // What cannot be read as a list opens to no page.
    expect(['{"allowedOrigins":"x"}', '{"allowedOrigins":[1]}'].map(from)).toEqual(['3', '3'])
  })

  it('more permissions never close a flow that was open', () => {
    const flow = fc.constantFrom(...Object.values(heads))
    const caller = fc.constantFrom(...Object.values(callers))
    fc.assert(
      fc.property(flow, caller, (head, caller) => {
        const held = caller.kind === 'anonymous' ? [] : caller.permissions
        const more = { ...caller, permissions: [...held, 'predictions:create'] } as Caller
        const isOpen = decide(head, { caller }) === '2'
        expect(isOpen && decide(head, { caller: more }) !== '2').toBe(false)
      }),
    )
  })
})
