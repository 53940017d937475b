import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { listen } from '../../src/server/listen.ts'
import { chunk, llmChainFlow } from '../engine/harness.ts'
import { startApp } from '../harness.ts'

/** The server on a port of its own, a provider on another, and a stored flow that leads there. */
export async function startWire(speak: (response: ServerResponse) => void) {
  const provider = createServer((asked, response) => {
    // Read to its end, or the connection would not tell that it closed.
    asked.resume()
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    speak(response)
  })
  await new Promise<void>((resolve) => {
    provider.listen(0, '127.0.0.1', resolve)
  })
  const host = `127.0.0.1:${(provider.address() as AddressInfo).port}`
  const app = await startApp({ env: { EGRESS_ALLOW: host, PORT: '0' } })
  const listening = await listen(app.app, app.app.deps.config)
  const { token } = app.owner
  const flowData = llmChainFlow(`http://${host}/v1`, {
    model: { credential: await addCredential(app) },
  })
  const flow = await app.addFlow({ flowData })
  const post = (path: string, body: object, more = {}) =>
    ask(listening.url + path, { authorization: `Bearer ${token}`, ...more }, body)
  return {
    app,
    /** By REST: the head of the answer, of which nothing is read yet. */
    ask: () => post(`/api/v1/prediction/${flow.id}`, { question: 'socks', streaming: true }),
    /** The same by GraphQL. */
    subscribe: () => {
      const query = `subscription { prediction(id: "${flow.id}", question: "socks") { event data } }`
      return post('/graphql', { query }, { accept: 'text/event-stream' })
    },
    /** How the runs of the flow ended, as its author is shown. */
    runs: async () => {
      const path = `/executions?chatflowid=${flow.id}&page=1&limit=500`
      const { body } = await app.rest<{ data: Execution[]; total: number }>('GET', path, { token })
      return body
    },
    close: async () => {
      await listening.close()
      await app.close()
      provider.closeAllConnections()
      provider.close()
    },
  }
}

interface Execution {
  readonly status: string
  readonly error: string | null
}

async function addCredential({ rest, owner }: Awaited<ReturnType<typeof startApp>>) {
  const plainDataObj = { openAIApiKey: 'sk-live-0123456789abcdefghijKLMN' }
  const body = { name: 'Provider', credentialName: 'openAIApi', plainDataObj }
  return (await rest('POST', '/credentials', { token: owner.token, body })).body.id
}

/** On a connection of its own, so that to end the answer is to go away. */
function ask(url: string, headers: Record<string, string>, body: object) {
  return new Promise<IncomingMessage>((resolve, reject) => {
    const how = { method: 'POST', agent: false, headers: { ...headers, ...json } }
    request(url, how, resolve).on('error', reject).end(JSON.stringify(body))
  })
}

const json = { 'content-type': 'application/json' }

/** A piece of an answer, as a provider streams it. */
export const piece = (content: string): string => chunk({ index: 0, delta: { content } })
