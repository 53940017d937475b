import { serverAudits } from 'graphql-http'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startApp, type TestApp } from './harness.ts'

let app: TestApp
let key: string

beforeAll(async () => {
  app = await startApp()
  key = (await app.addKey()).apiKey
})
afterAll(() => app.close())

const url = 'http://flowgate.test/graphql'

/** Hands the requests of the audits to the server, with the credential that the round is about. */
function fetchAs(credential: () => string | null) {
  return (target: string | URL | Request, init?: RequestInit): Promise<Response> => {
    const request = new Request(target, init)
    const token = credential()
    if (token !== null) request.headers.set('authorization', `Bearer ${token}`)
    return app.app.fetch(request, { address: '192.0.2.1' })
  }
}

const rounds = [
  ['without a token', () => null],
  ['with the JWT of a person', () => app.owner.token],
  ['with an API key', () => key],
] as const

describe.each(rounds)('GraphQL over HTTP, audited %s', (_round, credential) => {
  const audits = serverAudits({ url, fetchFn: fetchAs(credential) })

  it('has 61 audits', () => {
    expect(audits).toHaveLength(61)
  })

  it.each(audits)('$id $name', async (audit) => {
    const result = await audit.fn()
    expect(result.status === 'ok' ? '' : result.reason).toBe('')
  })
})
