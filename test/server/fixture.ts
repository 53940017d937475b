import type { GraphQLSchema } from 'graphql'
import type { Deps } from '../../src/context.ts'
import { anonymous, rejected, type Caller, type UserCaller } from '../../src/core/caller.ts'
import { Failure } from '../../src/core/errors.ts'
import { permissions } from '../../src/core/permissions.ts'
import { bounded } from '../../src/graphql/bounds.ts'
import { builder, idBounds, pageBounds, pageType } from '../../src/graphql/builder.ts'
import { systemClock } from '../../src/platform/clock.ts'
import { readConfig } from '../../src/platform/config.ts'
import { createLog } from '../../src/platform/log.ts'
import { noMetrics } from '../../src/platform/metrics.ts'
import type { Route } from '../../src/rest/routes.ts'
import { createHttp, type Http } from '../../src/server/http.ts'

interface Thing {
  readonly id: string
  readonly name: string
}

const things: readonly Thing[] = [1, 2, 3].map((n) => ({ id: `t${n}`, name: `thing ${n}` }))

/** How often something that must not run too often ran. */
export const calls = { login: 0, list: 0 }

const ThingType = builder.objectRef<Thing>('Thing').implement({
  description: 'A thing.',
  fields: (t) => ({
    id: t.exposeID('id', { description: 'Its id.' }),
    name: t.exposeString('name', { description: 'Its name.' }),
    note: t.string({ nullable: true, description: 'Nothing.', resolve: () => null }),
    // Endless, so that depth can be tried.
    self: t.field({ type: [NestType], description: 'Itself.', resolve: () => [{}] }),
  }),
})
const NestType = builder.objectRef<object>('Nest')
NestType.implement({
  description: 'Turtles.',
  fields: (t) => ({
    down: t.field({ type: NestType, description: 'All the way.', resolve: () => ({}) }),
    level: t.int({ description: 'Ground.', resolve: () => 0 }),
  }),
})
const ThingPageType = pageType('ThingPage', ThingType)
const ColorEnum = builder.enumType('Color', { description: 'A color.', values: ['RED', 'BLUE'] })
const LimitsInput = builder.inputType('Limits', {
  description: 'Limits.',
  fields: (t) => ({ most: t.int({ required: true, description: 'At most.' }) }),
})

const id = { required: true, description: 'The thing.', ...idBounds } as const

builder.queryFields((t) => ({
  things: t.field({
    type: [ThingType],
    description: 'All things. In order.',
    args: {
      color: t.arg({ type: ColorEnum, description: 'Of that color.' }),
      names: t.arg.stringList({ description: 'Of these names.' }),
      flag: t.arg.boolean({ description: 'Flagged.' }),
      count: t.arg.int({ description: 'How many.' }),
    },
    authScopes: { manage: 'chatflows:view' },
    resolve: (_parent, args) => {
      calls.list += 1
      if (args.color === 'BLUE') throw new Error('sql: select secret from things')
      return things.filter(({ name }) => !args.names || args.names.includes(name))
    },
  }),
  thingPage: t.field({
    type: ThingPageType,
    description: 'Things by pages.',
    args: {
      page: t.arg.int({ required: true, description: 'Page.', ...pageBounds.page }),
      limit: t.arg.int({ required: true, description: 'Rows.', ...pageBounds.limit }),
    },
    authScopes: { manage: 'chatflows:view' },
    resolve: (_parent, { page, limit }) => ({
      data: things.slice((page - 1) * limit, page * limit),
      total: things.length,
    }),
  }),
  thing: t.field({
    type: ThingType,
    description: 'One thing.',
    args: { id: t.arg.string(id) },
    authScopes: { manage: 'chatflows:view' },
    resolve: (_parent, args) => {
      const found = things.find((thing) => thing.id === args.id)
      if (!found) throw new Failure('NOT_FOUND', 'There is no such thing.')
      return found
    },
  }),
  widgetThing: t.field({
    type: 'JSON',
    description: 'A thing for a widget.',
    args: { id: t.arg.string(id) },
    authScopes: { anyone: true },
    resolve: (_parent, args) => ({ id: args.id }),
  }),
}))

const things9 = (t: Parameters<Parameters<typeof builder.mutationFields>[0]>[0]) => ({
  apikeyid: t.arg.string({ description: 'A key.', ...bounded({ maxLength: 64 }) }),
  tags: t.arg.stringList({ description: 'Tags.', ...bounded({ maxItems: 3 }) }),
  flag: t.arg.boolean({ description: 'Flag.' }),
  count: t.arg.int({ description: 'Count.' }),
  color: t.arg({ type: ColorEnum, description: 'Color.' }),
  when: t.arg({ type: 'DateTime', description: 'When.' }),
  limits: t.arg({ type: LimitsInput, description: 'Limits.' }),
  data: t.arg({ type: 'JSON', description: 'Anything.', ...bounded({ freeForm: true }) }),
})

builder.mutationFields((t) => ({
  createThing: t.field({
    type: 'JSON',
    description: 'Echoes what it got.',
    args: { name: t.arg.string({ required: true, description: 'Name.' }), ...things9(t) },
    authScopes: { manage: 'chatflows:create' },
    resolve: (_parent, args) => args,
  }),
  updateThing: t.field({
    type: 'JSON',
    description: 'Echoes what it got.',
    args: { id: t.arg.string(id), name: t.arg.string({ description: 'Name.' }), ...things9(t) },
    authScopes: { manage: 'chatflows:update' },
    resolve: (_parent, args) => args,
  }),
  deleteThing: t.field({
    type: 'JSON',
    description: 'Removes nothing.',
    args: { id: t.arg.string(id) },
    authScopes: { manage: 'chatflows:delete' },
    resolve: (_parent, args) => ({ ...args, deleted: true }),
  }),
  login: t.field({
    type: 'JSON',
    description: 'Counts.',
    args: {
      username: t.arg.string({ required: true, description: 'Who.' }),
      password: t.arg.string({ required: true, description: 'Proof.' }),
    },
    authScopes: { anyone: true },
    resolve: () => {
      calls.login += 1
      throw new Failure('RATE_LIMITED', 'Too many attempts.', { retryAfter: 7 })
    },
  }),
  token: t.field({
    type: 'JSON',
    description: 'Exchanges.',
    args: {
      grant_type: t.arg.string({ required: true, description: 'Grant.' }),
      client_id: t.arg.string({ required: true, description: 'Id.' }),
      client_secret: t.arg.string({ required: true, description: 'Secret.' }),
      scope: t.arg.string({ description: 'Scope.' }),
    },
    authScopes: { anyone: true },
    resolve: (_parent, args) => {
      if (args.client_secret === 's e:c') return args
      throw new Failure('UNAUTHENTICATED', 'No pair.', { oauthError: 'invalid_client' })
    },
  }),
}))

builder.subscriptionField('names', (t) =>
  t.string({
    description: 'Names of things, one after the other.',
    authScopes: { anyone: true },
    subscribe: () => names(),
    resolve: (name) => name,
  }),
)

async function* names(): AsyncGenerator<string> {
  for (const { name } of things) yield name
}

/** A table in the form of the real one. */
export const fixtureRoutes: readonly Route[] = [
  {
    field: 'Query.things',
    paged: 'Query.thingPage',
    method: 'GET',
    path: '/things',
    tag: 'Tools',
  },
  { field: 'Mutation.createThing', method: 'POST', path: '/things', tag: 'Tools' },
  { field: 'Query.thing', method: 'GET', path: '/things/:id', tag: 'Tools' },
  { field: 'Mutation.updateThing', method: 'PUT', path: '/things/:id', tag: 'Tools' },
  { field: 'Mutation.deleteThing', method: 'DELETE', path: '/things/:id', tag: 'Tools' },
  {
    field: 'Query.widgetThing',
    method: 'GET',
    path: '/widget/:id',
    tag: 'Public chatflows',
    widget: true,
  },
  { field: 'Mutation.login', method: 'POST', path: '/auth/login', tag: 'Authentication' },
  {
    field: 'Mutation.token',
    method: 'POST',
    path: '/auth/token',
    tag: 'Authentication',
    oauth: true,
  },
]

export const fixtureSchema: GraphQLSchema = builder.toSchema()

const person: UserCaller = {
  kind: 'user',
  userId: 'u1',
  sessionId: 's1',
  organizationId: 'o1',
  workspaceId: 'w1',
  role: 'owner',
  permissions,
}

function callerOf(header: string | null): Caller {
  if (header === null) return anonymous
  if (header === 'Bearer good') return person
  if (header === 'Bearer viewer') return { ...person, permissions: ['chatflows:view'] }
  if (header === 'Bearer away') throw new Failure('UNAVAILABLE', 'Away.', { retryAfter: 1 })
  return rejected
}

export interface Fixture extends Http {
  readonly lines: Readonly<Record<string, unknown>>[]
  /** A request of a person who may do everything, unless headers say otherwise. */
  call(target: string, init?: RequestInit): Promise<Response>
}

/** The HTTP layer over a schema of its own, with the environment of a configuration. */
export async function createFixture(env: Readonly<Record<string, string>> = {}): Promise<Fixture> {
  const lines: Readonly<Record<string, unknown>>[] = []
  const destination = {
    write: (line: string) => lines.push(JSON.parse(line) as Record<string, unknown>),
  }
  const database = { ping: () => Promise.resolve() }
  // Only what the HTTP layer and the fields above touch.
  const deps = {
    config: readConfig(env),
    log: createLog({ level: 'trace', destination }),
    database,
    clock: systemClock,
    metrics: noMetrics,
    runs: { interrupt: () => undefined },
    audit: { add: () => undefined },
    keyUses: { add: () => undefined },
  } as unknown as Deps
  const http = await createHttp({
    schema: fixtureSchema,
    routes: fixtureRoutes,
    deps,
    admitToFlow: () => Promise.resolve(),
    authenticate: (header) => Promise.resolve().then(() => callerOf(header)),
  })
  return {
    ...http,
    lines,
    call(target, init = {}) {
      const headers = new Headers(init.headers)
      if (!headers.has('authorization')) headers.set('authorization', 'Bearer good')
      if (headers.get('authorization') === 'none') headers.delete('authorization')
      const request = new Request(`http://localhost${target}`, { ...init, headers })
      return http.fetch(request, { address: '192.0.2.1' })
    },
  }
}

/** A request with a JSON body. */
export function json(method: string, body: unknown, headers: Record<string, string> = {}) {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  return { method, body: text, headers: { 'content-type': 'application/json', ...headers } }
}

export interface ErrorBody {
  readonly statusCode: number
  readonly success: boolean
  readonly code: string
  readonly message: string
  readonly requestId: string
  readonly error?: string
  readonly error_description?: string
}

export async function errorOf(response: Response): Promise<ErrorBody> {
  return (await response.json()) as ErrorBody
}
