import { LLMock } from '@copilotkit/aimock'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { draw } from '../engine/harness.ts'
import { owner } from '../harness.ts'
import { startServer, type LiveServer } from '../pages/live.ts'
import { run } from './run.ts'

const node = process.execPath
const isWindows = process.platform === 'win32'

describe('the examples run as they are', { timeout: 60_000 }, () => {
  const provider = new LLMock({ port: 0, chunkSize: 6 })
  let server: LiveServer
  beforeAll(async () => {
    await provider.start()
    server = await startServer({ env: { EGRESS_ALLOW: new URL(provider.url).host } })
  })
  afterAll(async () => {
    await server.close()
    await provider.stop()
  })
  const asOwner = () => ({ FLOWGATE_URL: server.url, FLOWGATE_PASSWORD: owner.password })

  it.skipIf(isWindows)('the calls of the document, by curl', async () => {
    const printed = await run('bash', ['examples/document.sh'], asOwner())
    const said = printed
      .trim()
      .split('\n\n')
      .map((step) => step.split('\n'))
    expect(said).toEqual([
      ['# Sign in', owner.email],
      ['# Create an API key', expect.stringMatching(/^key_/)],
      ['# Create a chatflow bound to it', expect.any(String)],
      ['# Ask it with the key', 'Hello!'],
      ['# List the chatflows', '1'],
      ['# Refresh the token', 'eyJ…'],
      ['# List the API keys', '1'],
      ['# Update the key', 'Updated Key Name'],
      ['# Check the key', 'true'],
      ['# Delete the key', 'true'],
      ['# Check it again', '401'],
    ])
  })

  it.skipIf(isWindows)('the document script stops where the server refuses', async () => {
    const wrong = { ...asOwner(), FLOWGATE_PASSWORD: 'not the password' }
    await expect(run('bash', ['examples/document.sh'], wrong)).rejects.toThrow(/Command failed/)
  })

  it.each(['typed-client', 'openapi-client'])('%s', async (name) => {
    const printed = await run(node, [`examples/${name}/main.ts`], asOwner())
    const [signedIn, answer, newest] = printed.split('\n')
    expect(signedIn).toBe(`Signed in as ${owner.email}`)
    expect(answer).toBe('It answers: Hello!')
    expect(newest).toMatch(/^20\S+Z {2}\S+ {2}From the \w+ client$/)
    const refused = run(node, [`examples/${name}/main.ts`], { ...asOwner(), FLOWGATE_USER: 'x' })
    await expect(refused).rejects.toThrow('The e-mail address or the password is wrong.')
  })

  it('flowise-sdk, at once and while it is being written', async () => {
    provider.onMessage(/capital of France/, { content: 'Paris, of course.' })
    const flow = await addConversation(server, `${provider.url}/v1`)
    const key = await server.addKey({ permissions: ['predictions:create'] })
    const printed = await run(node, ['examples/sdk/main.ts', 'What is the capital of France?'], {
      FLOWGATE_URL: server.url,
      FLOWGATE_FLOW: flow,
      FLOWGATE_KEY: key.apiKey,
    })
    const [whole, words] = printed.trim().split('\n')
    expect(whole).toBe('At once: Paris, of course.')
    expect(words?.replaceAll('|', '')).toBe('Word by word: Paris, of course.')
    expect(words?.split('|').length).toBeGreaterThan(1)
    expect(provider.getRequests()).toHaveLength(2)
  })
})

/** A chain of a chat model and a memory, which knows its provider's key; answers its id. */
async function addConversation(server: LiveServer, basepath: string): Promise<string> {
  const { token } = server.owner
  const credential = await server.rest('POST', '/credentials', {
    token,
    body: {
      name: 'The provider',
      credentialName: 'openAIApi',
      plainDataObj: { openAIApiKey: 'sk-test-0123456789' },
    },
  })
  const flowData = draw(
    [
      {
        id: 'chatOpenAI_0',
        name: 'chatOpenAI',
        credential: credential.body.id,
        inputs: { modelName: 'gpt-4o-mini', basepath, streaming: true },
      },
      { id: 'bufferMemory_0', name: 'bufferMemory', category: 'Memory', inputs: {} },
      {
        id: 'conversationChain_0',
        name: 'conversationChain',
        category: 'Chains',
        inputs: {
          model: '{{chatOpenAI_0.data.instance}}',
          memory: '{{bufferMemory_0.data.instance}}',
        },
      },
    ],
    [
      ['chatOpenAI_0', 'conversationChain_0'],
      ['bufferMemory_0', 'conversationChain_0'],
    ],
  )
  return (await server.addFlow({ name: 'Conversation', flowData })).id
}
