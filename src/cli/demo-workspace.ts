import type { App } from '../app.ts'

export const demoLogin = { username: 'owner@example.com', password: 'only-a-demo' } as const

interface Login {
  readonly username: string
  readonly password: string
}

/** Ids of the flows, and the keys in full. */
export interface Demo {
  readonly publicFlow: string
  readonly keyedFlow: string
  readonly boundFlow: string
  readonly anyKey: string
  readonly boundKey: string
}

/**
 * Puts three flows and two keys into an empty workspace, as its owner would: by requests. The flows
 * need no provider.
 * @throws Error with the answer of a request that was refused.
 */
export async function seedDemo(app: Pick<App, 'fetch'>, login: Login = demoLogin): Promise<Demo> {
  const { token } = await post<{ token: string }>(app, '/auth/login', { body: login })
  const make = <T>(path: string, body: object): Promise<T> => post(app, path, { body, token })
  const makeFlow = (name: string, fields: object = {}): Promise<{ id: string }> =>
    make('/chatflows', { name, type: 'AGENTFLOW', flowData: replying(name), ...fields })
  const makeKey = (keyName: string): Promise<{ id: string; apiKey: string }> =>
    make('/apikey', { keyName, permissions: ['chatflows:read', 'predictions:create'] })

  const anyKey = await makeKey('Any program')
  const boundKey = await makeKey('The shop')
  const publicFlow = await makeFlow('Public flow', { isPublic: true })
  const keyedFlow = await makeFlow('Keyed flow')
  const boundFlow = await makeFlow('Bound flow', { apikeyid: boundKey.id })
  return {
    publicFlow: publicFlow.id,
    keyedFlow: keyedFlow.id,
    boundFlow: boundFlow.id,
    anyKey: anyKey.apiKey,
    boundKey: boundKey.apiKey,
  }
}

interface Sent {
  readonly body: object
  readonly token?: string
}

async function post<T>(app: Pick<App, 'fetch'>, path: string, { body, token }: Sent): Promise<T> {
  const request = new Request(`http://localhost/api/v1${path}`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...(token && { authorization: `Bearer ${token}` }),
    },
    body: JSON.stringify(body),
  })
  const answer = await app.fetch(request, { address: '127.0.0.1' })
  if (!answer.ok) throw new Error(`POST ${path}: ${await answer.text()}`)
  return (await answer.json()) as T
}

/** A flow of two nodes, start and direct reply. */
function replying(name: string): object {
  const reply = `The ${name.toLowerCase()} heard: {{ question }}`
  return {
    nodes: [
      node('startAgentflow_0', { startInputType: 'chatInput' }, 100),
      node('directReplyAgentflow_0', { directReplyMessage: reply }, 400),
    ],
    edges: [
      {
        id: 'edge_0',
        type: 'agentFlow',
        source: 'startAgentflow_0',
        sourceHandle: 'startAgentflow_0-output-startAgentflow',
        target: 'directReplyAgentflow_0',
        targetHandle: 'directReplyAgentflow_0',
      },
    ],
    viewport: { x: 0, y: 0, zoom: 1 },
  }
}

function node(id: string, inputs: object, x: number): object {
  const name = id.slice(0, id.indexOf('_'))
  const label = name === 'startAgentflow' ? 'Start' : 'Direct reply'
  return { id, type: 'agentFlow', position: { x, y: 100 }, data: { id, name, label, inputs } }
}
