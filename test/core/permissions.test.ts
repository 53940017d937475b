import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  keyPermissions,
  lacking,
  memberPermissions,
  permissions,
  permits,
  roles,
} from '../../src/core/permissions.ts'

const some = fc.subarray([...permissions])
const one = fc.constantFrom(...permissions)

describe('permissions', () => {
  it('are the published list, in its order', () => {
    expect(keyPermissions.join(' ')).toBe(
      'chatflows:create chatflows:read chatflows:view chatflows:update chatflows:delete ' +
        'predictions:create credentials:create credentials:view credentials:update ' +
        'credentials:delete tools:create tools:view tools:update tools:delete',
    )
  })

  it('never take away by being more', () => {
    fc.assert(
      fc.property(some, some, one, (held, more, wanted) => {
        const isLost = permits(held, wanted) && !permits([...held, ...more], wanted)
        expect(isLost).toBe(false)
      }),
    )
  })

  it('mean themselves, and read means view', () => {
    for (const wanted of permissions) {
      const granting = permissions.filter((held) => permits([held], wanted))
      const twins = ['chatflows:read', 'chatflows:view']
      expect(granting).toEqual(twins.includes(wanted) ? twins : [wanted])
    }
    for (const held of ['*', 'chatflows:*', 'admin:all', 'CHATFLOWS:VIEW', 'chatflows']) {
      expect(permissions.some((wanted) => permits([held], wanted))).toBe(false)
    }
  })

  it('lacking are those that are not permitted', () => {
    fc.assert(
      fc.property(some, some, (held, wanted) => {
        expect(lacking(held, wanted)).toEqual(wanted.filter((name) => !permits(held, name)))
      }),
    )
  })
})

describe('roles', () => {
  it('hold what the contract says, unless a list is set', () => {
    const held = Object.fromEntries(roles.map((role) => [role, memberPermissions(role, null)]))
    expect(held['owner']).toEqual(permissions)
    expect(held['admin']).toEqual(permissions)
    const ofStores = ['view', 'create', 'update', 'delete'].map((verb) => `documentStores:${verb}`)
    expect(held['editor']).toEqual([...keyPermissions, ...ofStores])
    const seen = ['chatflows:view', 'credentials:view', 'tools:view', 'documentStores:view']
    expect(held['viewer']).toEqual(seen)
    expect(memberPermissions('owner', [])).toEqual([])
    expect(memberPermissions('viewer', ['tools:delete', 'nonsense'])).toEqual(['tools:delete'])
  })
})
