import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { newId, newKeyId } from '../src/core/ids.ts'
import { schema } from '../src/schema.ts'
import { startApp, type Person, type TestApp } from './harness.ts'
import {
  callGraphql,
  callRest,
  createAll,
  operationsOf,
  sampleArgs,
  type Operation,
} from './security/operations.ts'

/** Arguments that name kinds of node, not rows. */
const kinds = new Set(['loaderId', 'splitterId'])

/** Every operation that takes the id of something; found by walking the schema. */
const operations = operationsOf(schema)
  .map((operation) => ({ ...operation, ids: idArguments(operation) }))
  .filter(({ ids, access }) => ids.length > 0 && access.kind !== 'anyone')

interface Estate {
  readonly person: Person
  readonly ids: readonly string[]
  /** Ids that belong together, by the names arguments have for them. */
  readonly named: Readonly<Record<string, string>>
  readonly exchanged: string
}

let app: TestApp
let a: Estate
let b: Estate
let c: Estate
let before: readonly string[]

beforeAll(async () => {
  app = await startApp()
  a = await found(app.owner)
  b = await found(await app.addPerson())
  c = await found(await app.addPerson())
  before = await everythingOf(b)
})
afterAll(() => app.close())

describe.each(operations)('threat 22: $name', (operation) => {
  const { ids, access } = operation

  it.each(ids)("answers another workspace's %s like one of nothing", async (name) => {
    const forPeople = access.kind === 'person' || access.kind === 'signedIn'
    const { token } = a.person
    const visits = [
      { own: a.named['chatflowid'], call: callGraphql, token },
      // Where only people are let in, a second person's way in is as good as a key's.
      { own: a.named['chatflowid'], call: callRest, token: forPeople ? token : a.exchanged },
      { own: a.person.workspaceId, call: callGraphql, token },
    ]
    // What else is named is of the caller's own: a flow, or the workspace.
    for (const { own, call, token } of ids.length > 1 ? visits : visits.slice(0, 2)) {
      const named = Object.fromEntries(ids.map((id) => [id, a.named[id] ?? own]))
      const args = sampleArgs(operation, named)
      const ask = async (id: string) =>
        (await call(app, operation, { args: { ...args, [name]: id }, token }))?.text
      const [noKey, nothing] = [await ask(newKeyId()), await ask(newId())]
      for (const id of b.ids) expect(await ask(id)).toEqual(id.startsWith('key_') ? noKey : nothing)
    }
  })
})

it('threat 22: nothing of the other workspace was touched', async () => {
  expect(before.filter((text) => text.startsWith('{"data"')).length).toBeGreaterThan(4)
  expect(await everythingOf(b)).toEqual(before)
})

/** Refusing everybody would pass all of the above. */
describe.each(operations)('$name', (operation) => {
  it.each([
    ['GraphQL', callGraphql],
    ['REST', callRest],
  ])('does its work for the right caller over %s', async (_, call) => {
    const isLasting = !/delete|remove|leave|end|disable|reset|process|Member/i.test(operation.name)
    const estate = isLasting ? c : await found(await app.addPerson())
    const { token } = estate.person
    // What goes by a name of its own comes last.
    const [first = '', ...more] = operation.ids.toSorted(
      (one, two) => Number(one in estate.named) - Number(two in estate.named),
    )
    for (const one of estate.ids) {
      // Where two things are named, each may be any of them.
      for (const other of more.length > 0 ? estate.ids : ['']) {
        const others = more.map((name) => [name, estate.named[name] ?? other])
        const given = { ...Object.fromEntries(others), [first]: one }
        const outcome = await call(app, operation, { args: sampleArgs(operation, given), token })
        if (!outcome || outcome.code === 'OK') return
        // The caller is the only member of their workspace, who cannot be missed there; and the
        // document store, which was found, has no embeddings.
        if (['CONFLICT', 'BAD_REQUEST', 'UNPROCESSABLE'].includes(outcome.code)) return
        expect(outcome.code).toBe('NOT_FOUND')
      }
    }
    expect.fail('None of the ids of their own was found.')
  })
})

function idArguments({ field }: Operation): string[] {
  return field.args
    .map(({ name }) => name)
    .filter((name) => /(^|_)id$|Id$|^(apikey|chatflow)id$/.test(name) && !kinds.has(name))
}

/** One of everything that has an id. */
async function found(person: Person): Promise<Estate> {
  const { token } = person
  const exchanged = await app.exchange(await app.addKey({ token }))
  const { sessionId, userId, workspaceId } = person
  const { ids, named } = await createAll(app, token)
  return { person, ids: [...ids, sessionId, userId, workspaceId], named, exchanged }
}

/** What each query shows its owner of each id, byte for byte. */
async function everythingOf({ ids, person: { token } }: Estate): Promise<string[]> {
  const texts: string[] = []
  for (const query of operations) {
    // Filters of lists take ids too; the lists change with every call.
    if (!query.name.startsWith('Query') || query.ids.join() !== 'id') continue
    for (const id of ids) {
      const outcome = await callGraphql(app, query, { args: sampleArgs(query, { id }), token })
      texts.push(outcome.code === 'OK' ? outcome.raw : outcome.text)
    }
  }
  return texts.map((text) => text.replaceAll(/"requestId":"[^"]+"/g, ''))
}
