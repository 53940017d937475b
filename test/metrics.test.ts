import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { newId } from '../src/core/ids.ts'
import { basePath, routes } from '../src/rest/routes.ts'
import { createMetricsHttp } from '../src/server/http.ts'
import { send } from './bad-input/refusals.ts'
import { databaseKind, startApp, type TestApp } from './harness.ts'

const token = 'a-token-for-prometheus'

let app: TestApp
beforeAll(async () => {
  app = await startApp({ env: { METRICS_TOKEN: token } })
})
afterAll(() => app.close())

async function read(): Promise<string> {
  const answer = await app.call('GET', '/metrics', { token })
  expect(answer.status).toBe(200)
  return answer.text
}

/** The value of one series, such as `flowgate_tokens_total{kind="input"}`; 0 before it exists. */
async function valueOf(series: string): Promise<number> {
  const line = (await read()).split('\n').find((text) => text.startsWith(`${series} `))
  return Number(line?.slice(series.length + 1) ?? 0)
}

const linesOf = (text: string) => text.split('\n').filter((line) => /^[a-z]/.test(line))

describe('metrics', () => {
  it('are text that Prometheus reads', async () => {
    const answer = await app.call('GET', '/metrics', { token })
    expect(answer.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/)
    expect(answer.headers.get('cache-control')).toBe('no-store')
    for (const line of linesOf(answer.text)) {
      expect(line).toMatch(/^[a-zA-Z_:][\w:]*(?:\{(?:\w+="[^"]*",?)*\})? (?:-?[\d.e+-]+|Nan|NaN)$/)
    }
    for (const name of ['process_cpu_seconds_total', 'nodejs_eventloop_lag_seconds']) {
      expect(answer.text).toContain(`\n${name}`)
    }
  })

  it('count requests by route, method and class of status, never by path', async () => {
    const series = (status: string) =>
      `flowgate_http_requests_total{route="/api/v1/chatflows/:id",method="GET",status="${status}"}`
    const flow = await app.addFlow()
    const before = [await valueOf(series('2xx')), await valueOf(series('4xx'))]
    await app.rest('GET', `/chatflows/${flow.id}`, { token: app.owner.token })
    await app.rest('GET', `/chatflows/${newId()}`, { token: app.owner.token })
    await app.rest('GET', `/chatflows/${flow.id}`)
    expect([await valueOf(series('2xx')), await valueOf(series('4xx'))]).toEqual([
      Number(before[0]) + 1,
      Number(before[1]) + 2,
    ])
    expect(await read()).not.toContain(flow.id)
    expect(await valueOf('flowgate_http_request_duration_seconds_count')).toBeGreaterThan(3)
  })

  it('count runs of flows by how they end', async () => {
    const ok = 'flowgate_predictions_total{outcome="OK"}'
    const failed = 'flowgate_predictions_total{outcome="UNPROCESSABLE"}'
    const before = [await valueOf(ok), await valueOf(failed)]
    const good = await app.addFlow()
    const nodes = [{ id: 'x_0', data: { id: 'x_0', name: 'noSuchNode', label: 'X', inputs: {} } }]
    const bad = await app.addFlow({ flowData: { nodes, edges: [] } })
    const ask = (id: string) =>
      app.rest('POST', `/prediction/${id}`, { token: app.owner.token, body: { question: 'q' } })
    expect([(await ask(good.id)).status, (await ask(bad.id)).status]).toEqual([200, 422])
    expect([await valueOf(ok), await valueOf(failed)]).toEqual(before.map((count) => count + 1))
    expect(await valueOf('flowgate_runs_active')).toBe(0)
    expect(await read()).toContain('flowgate_prediction_duration_seconds_bucket')
  })

  it.skipIf(databaseKind === 'embedded')('show the connections to the database', async () => {
    const text = await read()
    for (const state of ['busy', 'idle', 'waiting']) {
      expect(text).toContain(`flowgate_database_connections{state="${state}"}`)
    }
  })

  it('threat 53: are for the bearer of the token', async () => {
    for (const wrong of [null, 'wrong', app.owner.token, `${token}x`, token.slice(0, -1)]) {
      const answer = await app.call('GET', '/metrics', { token: wrong })
      expect(answer.status).toBe(401)
      expect(answer.text).not.toContain('flowgate_')
    }
    const basic = { authorization: `Basic ${Buffer.from(`x:${token}`).toString('base64')}` }
    expect((await app.call('GET', '/metrics', { headers: basic })).status).toBe(401)
  })

  it('threat 53: stay below 500 series, whatever is called', async () => {
    const methods = ['GET', 'POST', 'PUT', 'DELETE', 'HEAD', 'OPTIONS', 'PATCH', 'TRACE', 'FUZZ']
    const known = routes.map(({ path }) => basePath + path)
    const made = Array.from({ length: 50 }, (_, n) => `/made/up/${n}`)
    for (const pattern of [...known, ...made, '/graphql', '/', '/metrics', '/health/ready']) {
      const target = pattern.replaceAll(/:\w+/g, () => newId())
      for (const method of methods) {
        await send(app, { method, target })
        // Logging out would end what the last line needs.
        if (!target.endsWith('/logout')) {
          await send(app, { method, target, token: app.owner.token, body: '{"x":1}' })
        }
      }
      const stranger = { 'x-request-id': newId(), 'user-agent': newId(), host: newId() }
      await send(app, { method: 'GET', target: `${target}?x=${newId()}`, headers: stranger })
    }
    const lines = linesOf(await read())
    expect(lines.length).toBeLessThan(500)
    expect(lines.join('\n')).not.toMatch(/[0-9a-f]{8}-[0-9a-f]{4}-7|made|FUZZ|PATCH/)
  })
})

describe('who may read the metrics', () => {
  it('threat 53: nobody, where neither token nor port is set', async () => {
    const silent = await startApp()
    const answer = await silent.call('GET', '/metrics', { token })
    expect(answer.status).toBe(404)
    await silent.close()
  })

  it('threat 53: only the port of their own, where there is one', async () => {
    const apart = await startApp({ env: { METRICS_PORT: '0' } })
    const { app: server } = apart
    expect((await apart.call('GET', '/metrics', { token })).status).toBe(404)
    const ask = (path: string, headers = {}) =>
      createMetricsHttp(server.deps).fetch(new Request(`http://x${path}`, { headers }), {
        address: '192.0.2.1',
      })
    expect(await (await ask('/metrics')).text()).toContain('flowgate_http_requests_total')
    for (const path of ['/graphql', '/api/v1/ping', '/', '/health/live']) {
      expect((await ask(path)).status).toBe(404)
    }
    await apart.close()
  })

  it('threat 53: the bearer of the token there too, where both are set', async () => {
    const both = await startApp({ env: { METRICS_PORT: '0', METRICS_TOKEN: token } })
    const http = createMetricsHttp(both.app.deps)
    const ask = (headers = {}) =>
      http.fetch(new Request('http://x/metrics', { headers }), { address: '192.0.2.1' })
    expect((await ask()).status).toBe(401)
    expect((await ask({ authorization: `Bearer ${token}` })).status).toBe(200)
    await both.close()
  })
})
