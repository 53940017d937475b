import { decodeJwt } from 'jose'
import { expect } from 'vitest'
import type { App } from '../src/app.ts'
import type { Person } from './harness.ts'

/** A JSON object as tests take it apart. */
export interface Row {
  readonly id: string
  readonly [field: string]: unknown
}

export interface Answer<T> {
  readonly status: number
  readonly headers: Headers
  readonly body: T
  /** The body as it was sent. */
  readonly text: string
}

export interface CallOptions {
  /** A bearer token; absent or null: no credential. */
  readonly token?: string | null | undefined
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
  /** Where it comes from. */
  readonly address?: string
}

interface Extensions {
  readonly code: string
  readonly requestId: string
  readonly [name: string]: unknown
}

export interface GraphqlAnswer<T> extends Answer<unknown> {
  readonly data: T
  readonly errors: readonly { message: string; extensions: Extensions }[]
  /** The code of the first error, or undefined. */
  readonly code: string | undefined
}

export interface Client {
  /** Calls below `/api/v1`. */
  rest<T = Row>(method: string, path: string, options?: CallOptions): Promise<Answer<T>>
  gql<T = Record<string, Row>>(
    document: string,
    variables?: Readonly<Record<string, unknown>>,
    options?: Omit<CallOptions, 'body'>,
  ): Promise<GraphqlAnswer<T>>
  /** Calls any path. */
  call(method: string, path: string, options?: CallOptions): Promise<Answer<unknown>>
  /** Throws when it is refused. */
  signIn(login: { email: string; password: string }): Promise<Person>
  /** Whatever secret passed in or out. */
  readonly secrets: ReadonlySet<string>
}

interface LoginBody {
  readonly token: string
  readonly refreshToken: string
  readonly user: { id: string; activeWorkspaceId: string; activeOrganizationId: string }
}

/** Speaks HTTP with the server, without a socket in between. */
export function createClient(app: Pick<App, 'fetch'>): Client {
  const secrets = new Set<string>()
  const call = async (method: string, path: string, options?: CallOptions) => {
    const { address = '192.0.2.1' } = options ?? {}
    const response = await app.fetch(requestOf(method, path, options ?? {}), { address })
    const text = await response.text()
    for (const secret of text.match(secretPattern) ?? []) secrets.add(secret)
    return readAnswer(response, text)
  }
  const rest = (async (method, path, options) =>
    call(method, `/api/v1${path}`, options)) as Client['rest']
  return {
    call,
    rest,
    secrets,
    gql: (async (query, variables = {}, options = {}) => {
      const answer = await call('POST', '/graphql', { ...options, body: { query, variables } })
      const { data, errors } = answer.body as Partial<GraphqlAnswer<unknown>>
      const code = errors?.[0]?.extensions.code
      return { ...answer, data, errors: errors ?? [], code }
    }) as Client['gql'],
    async signIn({ email, password }) {
      secrets.add(password)
      const body = { username: email, password }
      const answer = await rest<LoginBody>('POST', '/auth/login', { body })
      if (answer.status !== 200) throw new Error(`Nobody was signed in: ${answer.text}`)
      const { token, refreshToken, user } = answer.body
      return {
        userId: user.id,
        workspaceId: user.activeWorkspaceId,
        organizationId: user.activeOrganizationId,
        sessionId: String(decodeJwt(token)['sid']),
        email,
        password,
        token,
        refreshToken,
      }
    },
  }
}

function requestOf(method: string, path: string, { token, body, headers }: CallOptions): Request {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  return new Request(`http://flowgate.test${path}`, {
    method,
    headers: {
      ...(token == null ? {} : { authorization: `Bearer ${token}` }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: text }),
  })
}

/** What holds for every answer of the server is asserted here, once. */
function readAnswer({ status, headers }: Response, text: string): Answer<unknown> {
  expect(headers.get('set-cookie')).toBeNull()
  expect(headers.get('x-request-id')).toBeTruthy()
  expect(headers.get('x-content-type-options')).toBe('nosniff')
  const isJson = headers.get('content-type')?.includes('json') ?? false
  const body: unknown = isJson ? JSON.parse(text) : text
  return { status, headers, body, text }
}

const secretPattern =
  /\bsk_[0-9A-Za-z]{49}\b|\beyJ[\w-]+\.[\w-]+\.[\w-]+|\brt_[0-9a-f]{32}_[0-9A-Za-z]{43}\b/g
