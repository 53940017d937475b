import { createHmac, createSecretKey, generateKeyPairSync } from 'node:crypto'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import * as fc from 'fast-check'
import { SignJWT, exportJWK, type JWTHeaderParameters } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ring, startApp, type Answer, type TestApp } from './harness.ts'

let app: TestApp
let secret: Uint8Array
const jwtSecrets = ring()

beforeAll(async () => {
  app = await startApp({ env: { JWT_SECRETS: jwtSecrets } })
  secret = Buffer.from(jwtSecrets.slice(3), 'base64')
})
afterAll(() => app.close())

/** The answer to a token; both ways in must agree. */
async function present(token: string): Promise<Answer<unknown>> {
  const { code } = await app.gql('{ chatflows { id } }', {}, { token })
  const answer = await app.rest<unknown>('GET', '/chatflows', { token })
  expect(code).toBe(answer.status === 401 ? 'UNAUTHENTICATED' : undefined)
  return answer
}

/** `taken`, or `refused` in the one way there is. */
async function judge(token: string): Promise<'taken' | 'refused'> {
  const { status, body, headers } = await present(token)
  if (status === 200) return 'taken'
  expect(status).toBe(401)
  expect(body).toMatchObject({ code: 'UNAUTHENTICATED', statusCode: 401, success: false })
  expect(headers.get('www-authenticate')).toContain('error="invalid_token"')
  return 'refused'
}

const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')

/** A token of the owner's session, but for what is changed. */
async function forge(
  changes: { header?: object; payload?: object; key?: Parameters<SignJWT['sign']>[0] } = {},
): Promise<string> {
  const now = Math.floor(Date.now() / 1000)
  const { userId, sessionId, workspaceId } = app.owner
  const payload = {
    sub: userId,
    sid: sessionId,
    wid: workspaceId,
    iss: 'flowgate',
    aud: 'flowgate:user',
    jti: 'x',
    iat: now,
    exp: now + 60,
    ...changes.payload,
  }
  const header = { alg: 'HS256', typ: 'JWT', kid: 'k1', ...changes.header } as JWTHeaderParameters
  return new SignJWT(payload)
    .setProtectedHeader(header)
    .sign(changes.key ?? createSecretKey(secret))
}

describe('access tokens', () => {
  it('are taken when they are ours', async () => {
    expect(await judge(app.owner.token)).toBe('taken')
    expect(await judge(await forge())).toBe('taken')
    const scheme = { headers: { authorization: `bEaReR   ${app.owner.token}` } }
    expect((await app.rest('GET', '/chatflows', scheme)).status).toBe(200)
  })

  it.each(['none', 'None', 'nOnE', 'NONE', 'HS384', 'HS512', 'hs256', ''])(
    'threat 1: alg %j with any signature',
    async (alg) => {
      const [, payload = '', signature = ''] = app.owner.token.split('.')
      const header = encode({ alg, typ: 'JWT', kid: 'k1' })
      expect(await judge(`${header}.${payload}.`)).toBe('refused')
      expect(await judge(`${header}.${payload}.${signature}`)).toBe('refused')
      const mac = createHmac('sha384', secret).update(`${header}.${payload}`).digest('base64url')
      expect(await judge(`${header}.${payload}.${mac}`)).toBe('refused')
    },
  )

  it('threat 1: no byte of a token can be changed', async () => {
    const { tokens } = app.app.deps
    const { token } = app.owner
    await fc.assert(
      fc.asyncProperty(
        fc.nat({ max: token.length - 1 }),
        fc.constantFrom('A', 'B', 'a', '0', '-', '_', '.', '=', 'é'),
        async (at, character) => {
          const changed = token.slice(0, at) + character + token.slice(at + 1)
          const isSame = changed === token
          expect((await tokens.verify(changed)) !== null).toBe(isSame)
        },
      ),
      { numRuns: 1000 },
    )
  })

  it('threat 1: a token has one spelling, to its last bit', async () => {
    const { token } = app.owner
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'.split('')
    const passing = []
    for (const last of alphabet) {
      const changed = token.slice(0, -1) + last
      if (await app.app.deps.tokens.verify(changed)) passing.push(changed)
    }
    expect(passing).toEqual([token])
  })

  it('threat 2: asymmetric keys, and a PEM as secret', async () => {
    const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
    const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    expect(await judge(await forge({ header: { alg: 'RS256' }, key: rsa.privateKey }))).toBe(
      'refused',
    )
    expect(await judge(await forge({ header: { alg: 'ES256' }, key: ec.privateKey }))).toBe(
      'refused',
    )
    const pem = rsa.publicKey.export({ type: 'spki', format: 'pem' })
    expect(await judge(await forge({ key: Buffer.from(pem) }))).toBe('refused')
    expect((await app.call('GET', '/.well-known/jwks.json')).status).toBe(404)
  })

  it.each(['../../dev/null', "' OR 1=1", 'x'.repeat(10_000), '__proto__', 'constructor', 'k2', ''])(
    'threat 3: kid %.30j',
    async (kid) => {
      expect(await judge(await forge({ header: { kid }, key: new Uint8Array(32) }))).toBe('refused')
      expect(await judge(await forge({ header: { kid } }))).toBe('refused')
    },
  )

  it('threat 3: headers that name keys elsewhere are never followed', async () => {
    const listener = await startListener()
    const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
    const jwk = await exportJWK(publicKey)
    const url = `http://127.0.0.1:${(listener.server.address() as AddressInfo).port}/keys`
    for (const header of [{ jwk }, { jku: url }, { x5u: url }, { crit: ['exp'], exp: 1 }]) {
      const foreign = await forge({ header: { ...header, alg: 'RS256' }, key: privateKey }).catch(
        () => 'eyJ.eyJ.x',
      )
      expect(await judge(foreign)).toBe('refused')
    }
    expect(listener.hits()).toBe(0)
    listener.server.close()
  })

  it('threat 4: other issuers, audiences and types; refresh and access in each other place', async () => {
    expect(await judge(await forge({ payload: { iss: 'somebody' } }))).toBe('refused')
    expect(await judge(await forge({ payload: { aud: 'flowgate:key' } }))).toBe('refused')
    expect(await judge(await forge({ payload: { aud: undefined } }))).toBe('refused')
    expect(await judge(await forge({ header: { typ: 'at+jwt' } }))).toBe('refused')
    expect(await judge(await forge({ header: { typ: undefined } }))).toBe('refused')
    expect(await judge(app.owner.refreshToken)).toBe('refused')
    const body = { refreshToken: app.owner.token }
    expect((await app.rest('POST', '/auth/refreshToken', { body })).status).toBe(400)
    const short = { refreshToken: app.owner.token.slice(0, 100) }
    expect((await app.rest('POST', '/auth/refreshToken', { body: short })).status).toBe(401)
  })

  it('threat 13: five seconds of clock skew pass, more do not', async () => {
    const now = Math.floor(Date.now() / 1000)
    expect(await judge(await forge({ payload: { iat: now + 3 } }))).toBe('taken')
    expect(await judge(await forge({ payload: { iat: now + 20, exp: now + 900 } }))).toBe('refused')
    expect(await judge(await forge({ payload: { nbf: now + 20 } }))).toBe('refused')
    expect(await judge(await forge({ payload: { exp: now - 3 } }))).toBe('taken')
    expect(await judge(await forge({ payload: { exp: now - 20 } }))).toBe('refused')
    expect(await judge(await forge({ payload: { exp: undefined } }))).toBe('refused')
  })

  it('name a session and a workspace that must exist', async () => {
    const other = await app.addPerson()
    expect(await judge(await forge({ payload: { sid: other.workspaceId } }))).toBe('refused')
    expect(await judge(await forge({ payload: { wid: other.workspaceId } }))).toBe('refused')
  })

  it.each(['Bearer', 'Bearer ', 'Basic abc', 'Token x', 'Bearer a b', ''])(
    'come as "Bearer …" and not as %j',
    async (authorization) => {
      const { status } = await app.rest('GET', '/chatflows', { headers: { authorization } })
      expect(status).toBe(401)
    },
  )
})

async function startListener(): Promise<{ server: Server; hits(): number }> {
  let hits = 0
  const server = createServer((_, response) => {
    hits += 1
    response.end('{}')
  })
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  return { server, hits: () => hits }
}
