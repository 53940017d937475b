import { globSync, readFileSync } from 'node:fs'
import { dirname, join, normalize, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { MikroORM } from '@mikro-orm/postgresql'
import { isObjectType, type GraphQLField } from 'graphql'
import { describe, expect, it } from 'vitest'
import config from '../mikro-orm.config.ts'
import { schema } from '../src/schema.ts'
import { printSdl } from '../src/server/contract.ts'
import { operationsOf } from './security/operations.ts'

/** The house rules that a newcomer's change must not break unseen: `docs/decisions` says why. */
const home = fileURLToPath(new URL('..', import.meta.url))

interface Import {
  readonly from: string
  /** A path below the project for a file of ours, else the name of a package. */
  readonly to: string
}

const statements = /\b(?:import|export)\b[^'"`;]*?\bfrom '([^']+)'|\bimport\(?\s*'([^']+)'/g

const files = new Map(
  globSync('src/**/*.ts', { cwd: home }).map((path) => [
    path,
    readFileSync(join(home, path), 'utf8'),
  ]),
)

/** Every import, type-only ones too: static, dynamic and re-exporting. */
const imports: readonly Import[] = [...files].flatMap(([from, text]) =>
  [...text.matchAll(statements)].map(([, named, bare]) => ({
    from,
    to: targetOf(from, named ?? bare ?? ''),
  })),
)

/** From the ground up; a file may use what lies below its floor. */
const floors = [
  ['core', /^src\/core\//],
  ['platform', /^src\/platform\//],
  ['engine', /^src\/engine\//],
  ['context', /^src\/context\.ts$/],
  ['db', /^src\/db\/|^mikro-orm\.config\.ts$/],
  ['graphql', /^src\/graphql\//],
  ['types', /^src\/[a-z]+\/([a-z-]+-)?(graphql|types|arguments)\.ts$/],
  ['audit', /^src\/audit\//],
  ['entity', /^src\/[a-z]+\/entity\.ts$/],
  ['rest', /^src\/rest\//],
  ['server', /^src\/server\//],
  ['auth', /^src\/auth\//],
  ['top', /^src\/(cli\/|app\.ts$|flow-world\.ts$|main\.ts$)/],
  ['schema', /^src\/schema\.ts$/],
  ['service', /^src\/[a-z]+\//],
] as const

type Floor = (typeof floors)[number][0]

const ground: readonly Floor[] = ['context', 'db', 'platform', 'core']
const services: readonly Floor[] = ['service', 'entity', 'audit', 'engine', ...ground]

/** Which floors each may use, its own room apart. */
const below: Readonly<Record<Floor, readonly Floor[]>> = {
  core: [],
  platform: ['core'],
  engine: ['core'],
  // What everything is handed, as types alone.
  context: ['engine', 'db', 'platform', 'core'],
  db: ['context', 'platform', 'core'],
  graphql: ground,
  audit: ground,
  // What a run did is stored as the engine tells it.
  entity: ['entity', 'engine', ...ground],
  service: services,
  auth: services,
  types: ['types', 'graphql', 'auth', ...services],
  schema: ['types', 'graphql'],
  rest: ['schema', 'graphql', ...ground],
  server: ['rest', 'schema', 'graphql', ...services],
  top: ['server', 'rest', 'schema', 'types', 'graphql', 'auth', ...services],
}

/** A later room may use an earlier one, never the reverse. */
const rooms =
  'audit workspaces accounts apikeys credentials tools variables chatflows vectors documentstores predictions'.split(
    ' ',
  )

/** The engine's own floors, from the ground up; what stands beside them is its front door. */
const engineRooms =
  'text flow node model talk tools documents steps turns nodes run chatflow agentflow team'
    .split(' ')
    .concat('')

describe('who may import whom', () => {
  const inside = imports.filter(({ to }) => to.startsWith('src/'))

  it('each floor only what lies below', () => {
    const wrong = inside.filter(({ from, to }) => {
      const isOwnRoom = roomOf(from) === roomOf(to) && roomOf(from) !== ''
      return (
        floorOf(from) !== floorOf(to) && !isOwnRoom && !below[floorOf(from)].includes(floorOf(to))
      )
    })
    expect(wrong).toEqual([])
  })

  it('each room only rooms before it', () => {
    const wrong = inside.filter(({ from, to }) => {
      const [own, other] = [rooms.indexOf(roomOf(from)), rooms.indexOf(roomOf(to))]
      return own >= 0 && other > own
    })
    expect(wrong).toEqual([])
  })

  it('no room’s services their own types of GraphQL', () => {
    const isBelow = (path: string) => ['service', 'entity'].includes(floorOf(path))
    const wrong = inside.filter(({ from, to }) => isBelow(from) && floorOf(to) === 'types')
    expect(wrong).toEqual([])
  })

  it('each room of the engine only rooms below it', () => {
    const wrong = inside.filter(({ from, to }) => {
      if (floorOf(from) !== 'engine' || floorOf(to) !== 'engine') return false
      return engineRooms.indexOf(innerRoomOf(to)) > engineRooms.indexOf(innerRoomOf(from))
    })
    expect(wrong).toEqual([])
    const strange = [...files.keys()].filter(
      (path) => floorOf(path) === 'engine' && !engineRooms.includes(innerRoomOf(path)),
    )
    expect(strange).toEqual([])
  })

  it('and nobody in a circle', () => {
    const next = Map.groupBy(inside, ({ from }) => from)
    const done = new Set<string>()
    const circles: string[] = []
    const walk = (path: string, way: readonly string[]): void => {
      const at = way.indexOf(path)
      if (at >= 0) circles.push([...way.slice(at), path].join(' -> '))
      if (at >= 0 || done.has(path)) return
      for (const { to } of next.get(path) ?? []) walk(to, [...way, path])
      done.add(path)
    }
    for (const path of files.keys()) walk(path, [])
    expect(circles).toEqual([])
  })

  it('every file is on a floor, and every room in the row of rooms', () => {
    const known = new Set([...rooms, 'core', 'platform', 'engine', 'db', 'graphql', 'auth'])
    for (const name of ['rest', 'server', 'cli', '']) known.add(name)
    const strange = [...files.keys()].filter((path) => !known.has(roomOf(path)))
    expect(strange).toEqual([])
  })
})

describe('what only one place does', () => {
  it.each([
    ['jose', ['src/core/token.ts']],
    ['bcryptjs', ['src/platform/workers/password.worker.ts']],
    ['undici', ['src/platform/egress/egress.ts', 'src/platform/egress/send.ts']],
    ['sofa-api', ['src/rest/sofa.ts']],
  ])('%s is used in %j', (name, places) => {
    const users = imports.filter(({ to }) => to === name || to.startsWith(`${name}/`))
    expect([...new Set(users.map(({ from }) => from))]).toEqual(places)
  })

  it('the AI SDK stays in the engine', () => {
    const users = imports.filter(({ to }) => /^(ai|@ai-sdk\/.+)(\/|$)/.test(to))
    expect(users.length).toBeGreaterThan(0)
    expect(users.filter(({ from }) => !from.startsWith('src/engine/model/'))).toEqual([])
  })

  it('the environment is read in one place', () => {
    const readers = using(/process\.env|process\['env'\]/)
    // Commands of the project's own tools hand theirs on to the tools they start.
    expect(readers.filter((path) => path !== 'src/cli/check.ts')).toEqual([
      'src/platform/config.ts',
    ])
  })

  it('what is read before a workspace is known is read by these', () => {
    const callers = [...files].flatMap(([path, text]) =>
      path.startsWith('src/db/')
        ? []
        : [...text.matchAll(/lookupEm\(/g)].map(
            ({ index }) => `${path} ${functionAt(text, index)}`,
          ),
    )
    expect(callers.sort()).toEqual([
      'src/accounts/people.ts findStandings',
      'src/accounts/service.ts findLogin',
      'src/accounts/sessions.ts findSession',
      'src/apikeys/lookup.ts read',
      'src/chatflows/admission.ts locate',
    ])
  })

  it('nobody goes round isolation', () => {
    const around = using(/getConnection|getKysely|getNativeClient|disableFilters|filters: false/)
    expect(around.filter((path) => !path.startsWith('src/db/'))).toEqual([])
  })
})

describe('what is published', () => {
  it('every query, mutation and argument says what it is', () => {
    for (const { name, field } of operationsOf(schema)) {
      expect(field.description, `${name} itself`).toMatch(/^[A-Z].*[.…]$/s)
      for (const argument of field.args) {
        expect(argument.description, `${name}(${argument.name})`).toBeTruthy()
      }
    }
  })

  it('every type and field says what it is', () => {
    const types = Object.values(schema.getTypeMap()).filter(({ name }) => !name.startsWith('__'))
    for (const type of types) {
      expect(type.description, `${type.name} itself`).toBeTruthy()
      const fields: readonly GraphQLField<unknown, unknown>[] = isObjectType(type)
        ? Object.values(type.getFields())
        : []
      for (const { name, description } of fields) {
        expect(description, `${type.name}.${name}`).toBeTruthy()
      }
    }
  })

  it('schema/schema.graphql is what the code says (npm run schema)', () => {
    const written = readFileSync(join(home, 'schema/schema.graphql'), 'utf8')
    expect(printSdl(schema).trim()).toBe(written.trim())
  })

  it('the migrations make what the entities say (npm run migration)', async () => {
    const orm = await MikroORM.init({ ...config, logger: () => undefined })
    const isBehind = await orm.migrator.checkSchema()
    await orm.close()
    expect(isBehind).toBe(false)
  })
})

function targetOf(from: string, name: string): string {
  return name.startsWith('.') ? normalize(join(dirname(from), name)) : name
}

function floorOf(path: string): Floor {
  const floor = floors.find(([, pattern]) => pattern.test(path))
  if (!floor) throw new Error(`${path} is on no floor.`)
  return floor[0]
}

/** The folder below `src/engine`; empty for files that stand there themselves. */
function innerRoomOf(path: string): string {
  const [room = '', ...rest] = relative('src/engine', path).split('/')
  return rest.length > 0 ? room : ''
}

/** The folder below `src`; empty for files that stand in `src` itself. */
function roomOf(path: string): string {
  const [room = '', ...rest] = relative('src', path).split('/')
  return rest.length > 0 ? room : ''
}

function using(pattern: RegExp): string[] {
  return [...files].filter(([, text]) => pattern.test(text)).map(([path]) => path)
}

/** The function declared last before a place. */
function functionAt(text: string, index: number): string {
  const names = [...text.slice(0, index).matchAll(/^(?:export )?(?:async )?function (\w+)/gm)]
  return names.at(-1)?.[1] ?? ''
}
