import {
  getNamedType,
  isEnumType,
  isInputObjectType,
  isLeafType,
  isListType,
  isNonNullType,
  isObjectType,
  isInterfaceType,
  type GraphQLField,
  type GraphQLInputType,
  type GraphQLNamedType,
  type GraphQLSchema,
} from 'graphql'
import { permissions, type Permission } from '../../src/core/permissions.ts'
import { boundsOf } from '../../src/graphql/bounds.ts'
import { routes } from '../../src/rest/routes.ts'
import { schema } from '../../src/schema.ts'
import type { TestApp } from '../harness.ts'

/** What a root field asks of its caller, as it declares it. */
export type Access =
  | { readonly kind: 'anyone'; readonly ignoresCredential: boolean }
  | { readonly kind: 'signedIn' }
  | { readonly kind: 'person' | 'manage'; readonly permission: Permission }
  | FlowAccess

/** A flow decides; which one is said by an argument, itself or through something that is of it. */
export interface FlowAccess {
  readonly kind: 'flow'
  readonly anyOf: readonly Permission[]
  readonly anonymous: boolean
  /** The argument. */
  readonly by: string
  readonly idOf: string
}

export interface Operation {
  readonly name: `${'Query' | 'Mutation' | 'Subscription'}.${string}`
  readonly field: GraphQLField<unknown, unknown>
  readonly access: Access
}

type Args = Readonly<Record<string, unknown>>

/** Every root field of a schema. Throws for one that does not say who may call it. */
export function operationsOf(schema: GraphQLSchema): Operation[] {
  const roots = [
    ['Query', schema.getQueryType()],
    ['Mutation', schema.getMutationType()],
    ['Subscription', schema.getSubscriptionType()],
  ] as const
  return roots.flatMap(([root, type]) =>
    Object.values(type?.getFields() ?? {}).map((field) => ({
      name: `${root}.${field.name}` as const,
      field,
      access: accessOf(field),
    })),
  )
}

export function accessOf(field: GraphQLField<unknown, unknown>): Access {
  const options = field.extensions['pothosOptions'] as { authScopes?: unknown } | undefined
  const declared = options?.authScopes
  const scopes: unknown = typeof declared === 'function' ? declared({}, ownNames) : declared
  const [entry, ...others] = Object.entries(scopes ?? {})
  const access = entry && others.length === 0 ? readScope(entry[0], entry[1]) : null
  if (!access) throw new Error(`${field.name} does not say who may call it.`)
  return access
}

/** Arguments that hold their own names, to see which of them a demand is made of. */
const ownNames: unknown = new Proxy({}, { get: (_, name) => name })

function readScope(kind: string, demand: unknown): Access | null {
  if (kind === 'anyone') return { kind, ignoresCredential: demand === true }
  if (kind === 'signedIn') return { kind }
  if (kind === 'flow') {
    const { id, ...terms } = demand as Omit<FlowAccess, 'by'> & { id: string }
    return { ...terms, kind, by: id, idOf: terms.idOf ?? 'flow' }
  }
  const permission = permissions.find((name) => name === demand)
  const asksOne = kind === 'person' || kind === 'manage'
  return asksOne && permission ? { kind, permission } : null
}

/** Arguments that a field accepts: what it needs, and what it gives an example for; all, where it proves something by them. */
export function sampleArgs({ field, access }: Operation, given: Args = {}): Args {
  const samples = field.args
    .filter(
      (argument) =>
        access.kind === 'anyone' ||
        isNonNullType(argument.type) ||
        'example' in boundsOf(argument.extensions),
    )
    .map((argument) => {
      const { example, minimum } = boundsOf(argument.extensions)
      return [argument.name, example ?? minimum ?? sampleOf(argument.type)] as const
    })
  return { ...Object.fromEntries(samples), ...given }
}

function sampleOf(type: GraphQLInputType): unknown {
  if (isNonNullType(type)) return sampleOf(type.ofType)
  if (isListType(type)) return [sampleOf(type.ofType)]
  if (isEnumType(type)) return type.getValues()[0]?.name
  if (isInputObjectType(type)) {
    const fields = Object.values(type.getFields())
    return Object.fromEntries(fields.map((field) => [field.name, sampleOf(field.type)]))
  }
  const samples: Record<string, unknown> = {
    Int: 1,
    Float: 1.5,
    Boolean: true,
    DateTime: '2030-01-01T00:00:00.000Z',
    JSON: {},
  }
  return samples[getNamedType(type).name] ?? 'text'
}

export interface Outcome {
  /** `OK`, or the code of the refusal. */
  readonly code: string
  readonly message: string
  /** The whole answer, without what differs from call to call. */
  readonly text: string
  /** The whole answer, as it was sent. */
  readonly raw: string
}

/** Calls an operation over GraphQL, and over REST where it has a route. */
export async function callBoth(
  app: TestApp,
  operation: Operation,
  call: { args: Args; token: string | null },
): Promise<{ graphql: Outcome; rest: Outcome | null }> {
  return {
    graphql: await callGraphql(app, operation, call),
    rest: await callRest(app, operation, call),
  }
}

export async function callGraphql(
  app: TestApp,
  operation: Operation,
  { args, token }: { args: Args; token: string | null },
): Promise<Outcome> {
  const query = documentOf(operation, args)
  const isStream = operation.name.startsWith('Subscription')
  const headers = isStream ? { accept: 'text/event-stream' } : {}
  const body = { query, variables: args }
  const answer = await app.call('POST', '/graphql', { token, headers, body })
  const results = typeof answer.body === 'string' ? readEvents(answer.body) : [answer.body]
  const error = (results as Result[]).flatMap(({ errors }) => errors ?? [])[0]
  return {
    code: error?.extensions.code ?? 'OK',
    message: error?.message ?? '',
    text: settled(answer.text),
    raw: answer.text,
  }
}

interface Result {
  readonly errors?: { message: string; extensions: { code: string } }[]
}

/** The results of a subscription, as server-sent events. */
function readEvents(text: string): unknown[] {
  const lines = text.split('\n').filter((line) => /^data: *\{/.test(line))
  return lines.map((line): unknown => JSON.parse(line.slice('data:'.length)))
}

function documentOf({ name, field }: Operation, args: Args): string {
  const known = field.args.filter((argument) => argument.name in args)
  const head = known.map((argument) => `$${argument.name}: ${String(argument.type)}`).join(', ')
  const passed = known.map((argument) => `${argument.name}: $${argument.name}`).join(', ')
  const [root = ''] = name.toLowerCase().split('.')
  return `${root} ${head && `(${head})`} {
    ${field.name} ${passed && `(${passed})`} ${selectionOf(getNamedType(field.type), 3)}
  }`
}

export async function callRest(
  app: TestApp,
  { name }: Operation,
  { args, token }: { args: Args; token: string | null },
): Promise<Outcome | null> {
  const route = routes.find((route) => route.field === name || route.paged === name)
  if (!route) return null
  const rest = new Map(Object.entries(args))
  const path = route.path.replaceAll(/:(\w+)/g, (_, param: string) => {
    const value = String(rest.get(param))
    rest.delete(param)
    return encodeURIComponent(value)
  })
  const hasQuery = route.method === 'GET' || route.method === 'DELETE'
  const query = hasQuery && rest.size > 0 ? `?${queryOf(rest)}` : ''
  const body = hasQuery ? undefined : Object.fromEntries(rest)
  const answer = await app.rest(route.method, path + query, { token, body })
  const { code, message } = answer.body as { code?: string; message?: string }
  return answer.status === 200
    ? { code: 'OK', message: '', text: settled(answer.text), raw: answer.text }
    : { code: String(code), message: String(message), text: settled(answer.text), raw: answer.text }
}

export interface Created {
  readonly ids: readonly string[]
  /** Those that belong together, by the names arguments have for them. */
  readonly named: Readonly<Record<string, string>>
}

/** Creates one of everything that can be created, runs the flow once, and fills the store. */
export async function createAll(app: TestApp, token: string): Promise<Created> {
  const made = new Map<string, string>()
  for (const operation of operationsOf(schema)) {
    const { field, name, access } = operation
    // What is made of a flow comes once there is one.
    if (!name.startsWith('Mutation.create') || access.kind === 'flow') continue
    const { code, raw } = await callGraphql(app, operation, { args: sampleArgs(operation), token })
    if (code !== 'OK') throw new Error(`${name} did not work: ${raw}`)
    const { data } = JSON.parse(raw) as { data: Record<string, { id: string }> }
    made.set(field.name, data[field.name]?.id ?? '')
  }
  const flow = made.get('createChatflow') ?? ''
  const { chatId, messageId, feedbackId } = await converse(app, flow, token)
  const files = [{ name: 'notes.txt', mime: 'text/plain', data: 'data:,Hello' }]
  await app.rest('POST', `/attachments/${flow}/${chatId}`, { token, body: { files } })
  const agentflow = await app.addFlow({ type: 'AGENTFLOW', flowData: saysHello }, token)
  const asked = { token, body: { question: 'Hi' } }
  const run = await app.rest<{ executionId: string }>('POST', `/prediction/${agentflow.id}`, asked)
  if (!run.body.executionId) throw new Error(`No run was recorded: ${run.text}`)
  const store = await stock(app, made.get('createDocumentStore') ?? '', token)
  return {
    ids: [...made.values(), agentflow.id, run.body.executionId, feedbackId, ...store.ids],
    named: { chatId, messageId, chatflowid: flow, chatflowId: flow, ...store.named },
  }
}

/** Gives a document store a loader, and that its chunks. */
async function stock(app: TestApp, storeId: string, token: string): Promise<Created> {
  const path = '/document-store'
  const loader = { storeId, loaderId: 'plainText', loaderConfig: { text: 'Hello' } }
  const saved = await app.rest('POST', `${path}/loader/save`, { token, body: loader })
  const docId = saved.body.id
  await app.rest('POST', `${path}/loader/process/${docId}`, { token })
  const chunks = await app.rest<{ chunks: readonly { id: string }[] }>(
    'GET',
    `${path}/chunks/${storeId}/${docId}/1`,
    { token },
  )
  const [chunk] = chunks.body.chunks
  if (!chunk) throw new Error(`No chunk was made: ${chunks.text}`)
  return { ids: [docId, chunk.id], named: { storeId, docId } }
}

const inputParams = [{ name: 'directReplyMessage', type: 'string', acceptVariable: true }]

/** An agentflow of two steps; its runs are recorded. */
const saysHello = {
  nodes: [
    { id: 'start_0', type: 'agentFlow', data: { id: 'start_0', name: 'startAgentflow' } },
    {
      id: 'reply_0',
      type: 'agentFlow',
      data: {
        id: 'reply_0',
        name: 'directReplyAgentflow',
        inputs: { directReplyMessage: 'Hello' },
        inputParams,
      },
    },
  ],
  edges: [{ source: 'start_0', sourceHandle: 'start_0-output-startAgentflow', target: 'reply_0' }],
}

/** Asks a flow something and rates the answer. */
export async function converse(app: TestApp, flow: string, token: string) {
  const asked = { token, body: { question: 'Hi' } }
  const { body } = await app.rest('POST', `/prediction/${flow}`, asked)
  const chatId = String(body['chatId'])
  const messageId = String(body['chatMessageId'])
  const rating = { token, body: { chatId, messageId, rating: 'THUMBS_UP' } }
  const rated = await app.rest('POST', `/feedback/${flow}`, rating)
  if (rated.status !== 200) throw new Error(`Nothing was rated: ${rated.text}`)
  return { chatId, messageId, feedbackId: rated.body.id }
}

function queryOf(args: ReadonlyMap<string, unknown>): string {
  const query = new URLSearchParams()
  for (const [name, value] of args) {
    for (const item of Array.isArray(value) ? value : [value]) query.append(name, String(item))
  }
  return query.toString()
}

/** All that a type shows, nested types down to a depth. */
function selectionOf(type: GraphQLNamedType, depth: number): string {
  if (!isObjectType(type) && !isInterfaceType(type)) return ''
  const fields = Object.values(type.getFields())
    .filter(({ type }) => depth > 1 || isLeafType(getNamedType(type)))
    .map((field) => `${field.name} ${selectionOf(getNamedType(field.type), depth - 1)}`)
  return `{ ${fields.join(' ')} }`
}

/** Ids and moments differ from call to call; nothing else may. */
function settled(text: string): string {
  return text
    .replaceAll(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, '<uuid>')
    .replaceAll(/\bkey_[0-9A-Za-z]+/g, '<key id>')
    .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, '<moment>')
}
