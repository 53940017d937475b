import { GraphQLObjectType, GraphQLSchema, GraphQLString } from 'graphql'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { newId } from '../src/core/ids.ts'
import {
  keyPermissions,
  permissions,
  permits,
  type KeyPermission,
} from '../src/core/permissions.ts'
import { schema } from '../src/schema.ts'
import { startApp, type Person, type TestApp } from './harness.ts'
import {
  callBoth,
  callGraphql,
  callRest,
  converse,
  operationsOf,
  sampleArgs,
  type Access,
  type Operation,
  type Outcome,
} from './security/operations.ts'

/**
 * One table over every query and mutation there is, each over GraphQL and its REST twin. What is
 * expected follows from what the field declares, so a new operation is in it without a change here.
 */
const operations = operationsOf(schema)

interface Cast {
  /** A private flow of workspace A, and a rating of its answer. */
  readonly flowId: string
  readonly feedbackId: string
  /** Every permission; workspace B. */
  readonly stranger: { jwt: string; key: string; exchanged: string }
  readonly key: string
  readonly expired: string
  /** Tokens of keys that hold one permission each. */
  readonly exchangedWith: Readonly<Record<KeyPermission, string>>
  readonly keyWith: Readonly<Record<KeyPermission, string>>
  /** Exchanged tokens of keys that hold all permissions but one (under all its names). */
  readonly exchangedWithout: Readonly<Record<KeyPermission, string>>
}

let app: TestApp
let cast: Cast

beforeAll(async () => {
  app = await startApp()
  cast = await engage()
})
afterAll(() => app.close())

describe('threat 17: an operation without a permission check', () => {
  it('does not exist, and could not', () => {
    expect(operations.length).toBeGreaterThan(40)
    const careless = new GraphQLObjectType({
      name: 'Query',
      fields: { secrets: { type: GraphQLString } },
    })
    const build = () => operationsOf(new GraphQLSchema({ query: careless }))
    expect(build).toThrow('secrets does not say who may call it.')
  })
})

describe.each(operations)('$name', (operation) => {
  const { access } = operation
  const judge = async (token: string | null): Promise<Verdict> => {
    const { graphql, rest } = await callBoth(app, operation, { args: argsFor(operation), token })
    const verdict = verdictOf(graphql, access)
    if (rest) expect(verdictOf(rest, access), 'REST answers as GraphQL does').toBe(verdict)
    if (rest && verdict !== 'allowed') expect(rest.message).toBe(graphql.message)
    return verdict
  }

  /** Half of the time over GraphQL, half over REST: for rows that are many and alike. */
  let turn = 0
  const judgeInTurn = async (token: string): Promise<Verdict> => {
    const call = { args: argsFor(operation), token }
    turn += 1
    const outcome = turn % 2 === 0 ? await callRest(app, operation, call) : null
    return verdictOf(outcome ?? (await callGraphql(app, operation, call)), access)
  }

  it('refuses whoever proves nothing', async () => {
    const nobody = access.kind === 'anyone' ? 'allowed' : 'UNAUTHENTICATED'
    const ignored = access.kind === 'anyone' && access.ignoresCredential
    const pretender = ignored ? 'allowed' : 'UNAUTHENTICATED'
    expect(await judge(null), 'no credential').toBe(nobody)
    expect(await judge('nonsense'), 'garbage').toBe(pretender)
    expect(await judge(cast.expired), 'expired').toBe(pretender)
    expect(await judge(`sk_${'a'.repeat(49)}`), 'no key of ours').toBe(pretender)
  })

  it('takes a bare key only where keys belong, and asks it for the permission', async () => {
    const isFlow = access.kind === 'flow'
    const opens = access.kind === 'anyone' || isFlow
    expect(await judge(cast.key), 'with all').toBe(opens ? 'allowed' : 'FORBIDDEN')
    if (!isFlow) return
    for (const held of keyPermissions) {
      const verdict = await judgeInTurn(cast.keyWith[held])
      expect(verdict, `key with ${held}`).toBe(expectedOfKey(access, held))
    }
  })

  it('gives strangers nothing of another workspace', async () => {
    const isFlow = access.kind === 'flow'
    const forKeys = access.kind === 'anyone' ? 'allowed' : 'FORBIDDEN'
    expect(await judge(cast.stranger.key)).toBe(isFlow ? 'NOT_FOUND' : forKeys)
    expect(await judge(cast.stranger.jwt)).toBe(isFlow ? 'NOT_FOUND' : 'allowed')
    const forTokens = access.kind === 'manage' ? 'allowed' : forKeys
    expect(await judge(cast.stranger.exchanged)).toBe(isFlow ? 'NOT_FOUND' : forTokens)
  })

  it('asks a person for exactly its permission', async () => {
    const [holder, other] = await people(access)
    expect(await judge(holder.token), 'with it').toBe('allowed')
    const needsNone = access.kind === 'anyone' || access.kind === 'signedIn'
    expect(await judge(other.token), 'without').toBe(needsNone ? 'allowed' : 'FORBIDDEN')
  })

  it('asks an exchanged key for exactly its permission', async () => {
    for (const held of keyPermissions) {
      const verdict = await judgeInTurn(cast.exchangedWith[held])
      expect(verdict, `token with ${held}`).toBe(expectedOfKey(access, held))
    }
    const lacked = access.kind === 'manage' ? access.permission : 'predictions:create'
    const others = keyPermissions.filter((held) => !permits([held], lacked))
    const verdict = await judge(cast.exchangedWithout[lacked as KeyPermission])
    expect(verdict, 'token with every other').toBe(expectedOfKey(access, ...others))
  })
})

type Verdict = 'allowed' | 'UNAUTHENTICATED' | 'FORBIDDEN' | 'NOT_FOUND'

/** Sentences by which a caller is refused before the operation itself has looked at anything. */
const refusals =
  /^(Send a token or|The bearer token is|API keys never|Management needs|This needs|There is no such chatflow)/

function verdictOf({ code, message }: Outcome, access: Access): Verdict {
  // That there is no such row is learnt by those who were let through, but where the flow decides.
  const isThrough = code === 'NOT_FOUND' && access.kind !== 'flow'
  return isThrough || !refusals.test(message) ? 'allowed' : (code as Verdict)
}

/** A real flow where the flow decides who may; elsewhere the id of nothing, so that nothing is lost. */
function argsFor(operation: Operation): Readonly<Record<string, unknown>> {
  const { access, field } = operation
  if (access.kind === 'flow') {
    const id = access.idOf === 'flow' ? cast.flowId : cast.feedbackId
    return sampleArgs(operation, { [access.by]: id })
  }
  const isNamed = field.args.some(({ name }) => name === 'id')
  const id = access.kind === 'anyone' ? cast.flowId : absent
  return sampleArgs(operation, isNamed ? { id } : {})
}

const absent = newId()

function expectedOfKey(access: Access, ...held: readonly KeyPermission[]): Verdict {
  if (access.kind === 'anyone') return 'allowed'
  const wanted =
    access.kind === 'flow' ? access.anyOf : access.kind === 'manage' ? [access.permission] : []
  return wanted.some((permission) => permits(held, permission)) ? 'allowed' : 'FORBIDDEN'
}

const known = new Map<string, Promise<[Person, Person]>>()

/** Somebody who holds just what the field asks for, and somebody who holds everything else. */
function people(access: Access): Promise<[Person, Person]> {
  const wanted =
    'permission' in access ? [access.permission] : 'anyOf' in access ? access.anyOf : []
  const name = `${access.kind} ${wanted.join(' ')}`
  const found = known.get(name) ?? engagePeople(access, wanted)
  known.set(name, found)
  return found
}

async function engagePeople(access: Access, wanted: readonly string[]): Promise<[Person, Person]> {
  const { workspaceId } = app.owner
  // Nobody grants a key what they lack themselves, so whoever makes keys holds a key's permissions.
  const extra = access.kind === 'person' ? keyPermissions : []
  const others = permissions.filter(
    (held) => !wanted.some((name) => permits([held], name as never)),
  )
  return [
    await app.addPerson({ workspaceId, permissions: [...wanted, ...extra] }),
    await app.addPerson({ workspaceId, permissions: others }),
  ]
}

async function engage(): Promise<Cast> {
  const { id: flowId } = await app.addFlow()
  const b = await app.addPerson()
  const keyOfB = await app.addKey({ token: b.token })
  const key = await app.addKey()
  const { userId, sessionId, workspaceId } = app.owner
  const claims = { kind: 'user', userId, sessionId, workspaceId } as const
  const single = await each((name) => app.addKey({ permissions: [name] }))
  const rest = await each((name) => {
    const left = keyPermissions.filter((held) => !permits([held], name))
    return app.addKey({ permissions: left }).then((made) => app.exchange(made))
  })
  const exchangedWith = await each((name) => app.exchange(single[name]))
  return {
    flowId,
    feedbackId: (await converse(app, flowId, app.owner.token)).feedbackId,
    stranger: { jwt: b.token, key: keyOfB.apiKey, exchanged: await app.exchange(keyOfB) },
    key: key.apiKey,
    expired: await app.app.deps.tokens.sign(claims, -60),
    exchangedWith,
    keyWith: await each((name) => Promise.resolve(single[name].apiKey)),
    exchangedWithout: rest,
  }
}

async function each<T>(
  make: (name: KeyPermission) => Promise<T>,
): Promise<Record<KeyPermission, T>> {
  const made: [KeyPermission, T][] = []
  for (const name of keyPermissions) made.push([name, await make(name)])
  return Object.fromEntries(made) as Record<KeyPermission, T>
}
