import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startApp, type TestApp } from './harness.ts'

let app: TestApp

beforeAll(async () => {
  app = await startApp()
})
afterAll(() => app.close())

const reply = (text: string) => ({
  nodes: [
    agentNode('startAgentflow_0', 'startAgentflow', {}),
    agentNode('directReplyAgentflow_0', 'directReplyAgentflow', { directReplyMessage: text }),
  ],
  edges: [
    {
      source: 'startAgentflow_0',
      sourceHandle: 'startAgentflow_0-output-startAgentflow',
      target: 'directReplyAgentflow_0',
    },
  ],
})

function agentNode(id: string, name: string, inputs: object) {
  const inputParams = Object.keys(inputs).map((param) => ({
    name: param,
    type: 'string',
    acceptVariable: true,
  }))
  return { id, type: 'agentFlow', data: { id, name, label: name, inputs, inputParams } }
}

async function stream(path: string, body: object, token?: string) {
  const answer = await app.call('POST', `/api/v1${path}`, { token, body })
  const frames = answer.text
    .split('\n\n')
    .filter((frame) => frame.startsWith('data:'))
    .map((frame) => JSON.parse(frame.slice(5)) as { event: string; data: unknown })
  return { status: answer.status, headers: answer.headers, frames, text: answer.text }
}

describe('a streamed prediction', () => {
  it('tells the run in order and ends', async () => {
    const flow = await app.addFlow({
      type: 'AGENTFLOW',
      flowData: reply('You said {{ question }}'),
    })
    const answer = await stream(
      `/prediction/${flow.id}`,
      { question: 'hi', streaming: true },
      app.owner.token,
    )
    expect(answer.headers.get('content-type')).toContain('text/event-stream')
    const events = answer.frames.map(({ event }) => event)
    expect(events[0]).toBe('agentFlowEvent')
    expect(events.slice(-2)).toEqual(['metadata', 'end'])
    expect(answer.frames.at(-1)?.data).toBe('[DONE]')
    const said = answer.frames.filter(({ event }) => event === 'token').map(({ data }) => data)
    expect(said.join('')).toBe('You said hi')
    const metadata = answer.frames.at(-2)?.data as { chatId: string } | undefined
    const chatId = metadata?.chatId ?? ''
    const messages = await app.rest<readonly { role: string; content: string }[]>(
      'GET',
      `/chatmessage/${flow.id}?chatId=${chatId}`,
      { token: app.owner.token },
    )
    expect(messages.body.map(({ role, content }) => [role, content])).toEqual([
      ['userMessage', 'hi'],
      ['apiMessage', 'You said hi'],
    ])
  })

  it('may be long, and its record longer than what may wait to be read', async () => {
    const ids = Array.from({ length: 10 }, (_, at) => `reply_${at}`)
    const drawn = { directReplyMessage: '{{ question }}' }
    const flowData = {
      nodes: [
        agentNode('start', 'startAgentflow', {}),
        ...ids.map((id) => agentNode(id, 'directReplyAgentflow', drawn)),
      ],
      edges: ids.map((target, at) => ({ source: ids[at - 1] ?? 'start', target })),
    }
    const flow = await app.addFlow({ type: 'AGENTFLOW', flowData })
    const question = 'y'.repeat(110_000)
    const body = { question, streaming: true }
    const { frames } = await stream(`/prediction/${flow.id}`, body, app.owner.token)
    expect(frames.slice(-2).map(({ event }) => event)).toEqual(['metadata', 'end'])
    const records = frames.filter(({ event }) => event === 'agentFlowExecutedData')
    expect(records.at(-1)?.data).toHaveLength(11)
    expect(JSON.stringify(records.at(-1)).length).toBeGreaterThan(1_000_000)
  })

  it('is an ordinary answer where the flow cannot stream', async () => {
    const flow = await app.addFlow()
    const answer = await stream(
      `/prediction/${flow.id}`,
      { question: 'hi', streaming: true },
      app.owner.token,
    )
    expect(answer.headers.get('content-type')).toContain('application/json')
    expect(JSON.parse(answer.text)).toMatchObject({ text: 'hi', question: 'hi' })
  })

  it('is an ordinary refusal before it begins', async () => {
    const flow = await app.addFlow({ flowData: reply('x') })
    const nobody = await stream(`/prediction/${flow.id}`, { question: 'hi', streaming: true })
    expect(nobody.status).toBe(401)
    const empty = await stream(`/prediction/${flow.id}`, { streaming: true }, app.owner.token)
    expect(empty.status).toBe(400)
    const unknown = await stream(
      '/prediction/0190a0a0-0000-7000-8000-000000000000',
      { question: 'hi', streaming: true },
      app.owner.token,
    )
    expect(unknown.status).toBe(404)
  })

  it('is told alike by the GraphQL subscription', async () => {
    const flow = await app.addFlow({ type: 'AGENTFLOW', flowData: reply('hello') })
    const answer = await app.call('POST', '/graphql', {
      token: app.owner.token,
      headers: { accept: 'text/event-stream' },
      body: {
        query: 'subscription ($id: String!) { prediction(id: $id, question: "hi") { event data } }',
        variables: { id: flow.id },
      },
    })
    expect(answer.status).toBe(200)
    const events = [...answer.text.matchAll(/"event":"(\w+)"/g)].map(([, event]) => event)
    expect(events[0]).toBe('agentFlowEvent')
    expect(events.slice(-2)).toEqual(['metadata', 'end'])
  })
})

describe('strangers on a public flow', () => {
  it('are told which steps ran, and neither prompts nor state', async () => {
    const flowData = reply('PROMPT {{ question }}')
    const flow = await app.addFlow({ type: 'AGENTFLOW', flowData, isPublic: true })
    const body = { question: 'hi' }
    const told = await app.rest('POST', `/prediction/${flow.id}`, { body })
    expect(told.body['text']).toBe('PROMPT hi')
    const steps = told.body['agentFlowExecutedData'] as readonly { data: object }[]
    expect(steps.map(({ data }) => Object.keys(data).toSorted())).toEqual([
      ['id', 'name', 'output'],
      ['id', 'name', 'output'],
    ])
    const own = await app.rest('POST', `/prediction/${flow.id}`, { token: app.owner.token, body })
    expect(JSON.stringify(own.body['agentFlowExecutedData'])).toContain('"input"')
  })
})

describe('the record of a run', () => {
  it('is kept for successes and failures, and read by its workspace alone', async () => {
    const good = await app.addFlow({ type: 'AGENTFLOW', flowData: reply('ok') })
    const bad = await app.addFlow({
      type: 'AGENTFLOW',
      flowData: { nodes: [agentNode('mystery_0', 'mysteryAgentflow', {})], edges: [] },
    })
    const ask = (id: string) =>
      app.rest('POST', `/prediction/${id}`, { token: app.owner.token, body: { question: 'q' } })
    expect([(await ask(good.id)).status, (await ask(bad.id)).status]).toEqual([200, 422])
    const runs = await app.rest<{ data: readonly { id: string; status: string }[] }>(
      'GET',
      '/executions',
      { token: app.owner.token },
    )
    expect(runs.body.data.slice(0, 2).map(({ status }) => status)).toEqual(['ERROR', 'FINISHED'])
    const stranger = await app.addPerson()
    const id = runs.body.data[0]?.id ?? ''
    const theirs = await app.rest('GET', `/executions/${id}`, { token: stranger.token })
    expect(theirs.status).toBe(404)
  })
})

describe('feedback and leads', () => {
  it('belong to a conversation of the caller', async () => {
    const flow = await app.addFlow({ isPublic: true })
    const answer = await app.rest('POST', `/prediction/${flow.id}`, { body: { question: 'q' } })
    const { chatId, chatMessageId: messageId } = answer.body
    const give = (fields: object) =>
      app.rest('POST', `/feedback/${flow.id}`, {
        body: { chatId, messageId, rating: 'THUMBS_UP', ...fields },
      })
    expect((await give({})).status).toBe(200)
    expect((await give({ rating: 'THUMBS_DOWN' })).body).toMatchObject({ rating: 'THUMBS_DOWN' })
    expect((await give({ chatId: 'another' })).status).toBe(404)
    const { id } = (await give({})).body
    const change = (token?: string) =>
      app.rest('PUT', `/feedback/${id}`, { token, body: { content: 'thanks' } })
    expect((await change()).body).toMatchObject({ rating: 'THUMBS_UP', content: 'thanks' })
    expect((await change(app.owner.token)).status).toBe(404)
    const lead = await app.rest('POST', '/leads', {
      body: { chatflowid: flow.id, chatId, email: 'a@example.com' },
    })
    expect(lead.body).toMatchObject({ email: 'a@example.com', name: null })
  })

  it('are read by those who manage the flow', async () => {
    const flow = await app.addFlow({ isPublic: true })
    const ids: string[] = []
    for (const chatId of ['one', 'two']) {
      const body = { question: 'q', chatId }
      const { body: answer } = await app.rest('POST', `/prediction/${flow.id}`, { body })
      const rating = { chatId, messageId: answer.chatMessageId, rating: 'THUMBS_UP' }
      ids.push((await app.rest('POST', `/feedback/${flow.id}`, { body: rating })).body.id)
      await app.rest('POST', '/leads', { body: { chatflowid: flow.id, chatId, name: chatId } })
    }
    const read = (path: string, token?: string) =>
      app.rest<readonly { id: string; name: string; chatId: string }[]>('GET', path, { token })
    const { token } = app.owner
    const [one, two] = ids
    const all = await read(`/feedback/${flow.id}`, token)
    expect(all.body.map(({ id }) => id)).toEqual([two, one])
    const ofOne = await read(`/feedback/${flow.id}?chatId=one`, token)
    expect(ofOne.body.map(({ id }) => id)).toEqual([one])
    const leads = await read(`/leads/${flow.id}`, token)
    expect(leads.body.map(({ name }) => name)).toEqual(['two', 'one'])
    const stranger = await app.addPerson()
    for (const path of [`/feedback/${flow.id}`, `/leads/${flow.id}`]) {
      expect((await read(path)).status).toBe(401)
      expect((await read(path, stranger.token)).status).toBe(404)
    }
  })

  it('are left from any page, and not read from it', async () => {
    const flow = await app.addFlow({ isPublic: true })
    const ask = (method: string) =>
      app.call(method, `/api/v1/feedback/${flow.id}`, {
        token: app.owner.token,
        body: method === 'POST' ? {} : undefined,
        headers: { origin: 'https://elsewhere.example' },
      })
    expect((await ask('POST')).headers.get('access-control-allow-origin')).toBe('*')
    expect((await ask('GET')).headers.get('access-control-allow-origin')).toBeNull()
  })
})

describe('removing messages', () => {
  it('keeps to the filters given in the query', async () => {
    const flow = await app.addFlow()
    const ask = (chatId: string) =>
      app.rest('POST', `/prediction/${flow.id}`, {
        token: app.owner.token,
        body: { question: 'q', chatId },
      })
    await ask('one')
    await ask('two')
    const path = `/chatmessage/${flow.id}`
    const removed = await app.rest('DELETE', `${path}?chatId=one`, { token: app.owner.token })
    expect(removed.body).toEqual({ deleted: 2 })
    const left = await app.rest<readonly { chatId: string }[]>('GET', path, {
      token: app.owner.token,
    })
    expect(left.body.map(({ chatId }) => chatId)).toEqual(['two', 'two'])
  })
})
