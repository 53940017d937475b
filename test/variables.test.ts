import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startApp, type TestApp } from './harness.ts'

let app: TestApp

beforeAll(async () => {
  app = await startApp({ env: { FLOW_VAR_city: 'Bern', FLOW_VAR_unused: 'CANARY' } })
})
afterAll(() => app.close())

const create = (body: object, token = app.owner.token) =>
  app.rest('POST', '/variables', { token, body })

/** A flow that answers with a text in which references are resolved. */
async function say(text: string, token = app.owner.token): Promise<unknown> {
  const node = (id: string, name: string, inputs: object) => {
    const inputParams = Object.keys(inputs).map((param) => ({
      name: param,
      type: 'string',
      acceptVariable: true,
    }))
    return { id, data: { id, name, label: name, inputs, inputParams } }
  }
  const flow = await app.addFlow(
    {
      type: 'AGENTFLOW',
      flowData: {
        nodes: [
          node('startAgentflow_0', 'startAgentflow', {}),
          node('directReplyAgentflow_0', 'directReplyAgentflow', { directReplyMessage: text }),
        ],
        edges: [{ source: 'startAgentflow_0', target: 'directReplyAgentflow_0' }],
      },
    },
    token,
  )
  const answer = await app.rest('POST', `/prediction/${flow.id}`, {
    token,
    body: { question: 'q' },
  })
  return answer.body['text']
}

describe('variables', () => {
  it('are read by flows: a stored value, or one of the server by its name alone', async () => {
    expect((await create({ name: 'greeting', value: 'Hello' })).status).toBe(200)
    expect((await create({ name: 'city', type: 'runtime' })).status).toBe(200)
    expect((await create({ name: 'PATH', type: 'runtime' })).status).toBe(200)
    expect(await say('{{$vars.greeting}} {{$vars.city}}')).toBe('Hello Bern')
    const leaked = String(await say('{{$vars.unused}} {{$vars.PATH}} {{$vars.FLOW_VAR_city}}'))
    expect(leaked).not.toContain('CANARY')
    expect(leaked).not.toContain('/bin')
    expect(leaked).not.toContain('Bern')
  })

  it('have one value a name, and keep to their workspace', async () => {
    await create({ name: 'once', value: '1' })
    expect((await create({ name: 'once', value: '2' })).status).toBe(409)
    const stranger = await app.addPerson()
    expect((await create({ name: 'once', value: 'theirs' }, stranger.token)).status).toBe(200)
    expect(await say('{{$vars.once}}')).toBe('1')
    expect(await say('{{$vars.once}}', stranger.token)).toBe('theirs')
  })

  it('are changed in part and removed', async () => {
    const { id } = (await create({ name: 'change', value: 'a' })).body
    const path = `/variables/${id}`
    const { token } = app.owner
    const changed = await app.rest('PUT', path, { token, body: { value: 'b' } })
    expect(changed.body).toMatchObject({ name: 'change', value: 'b', type: 'static' })
    expect((await app.rest('DELETE', path, { token })).body).toEqual({ id, deleted: true })
    expect((await app.rest('GET', path, { token })).status).toBe(404)
    expect((await create({ name: 'not a name' })).status).toBe(400)
  })
})
