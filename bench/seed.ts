import { post, signIn } from './client.ts'

/** What the measured requests need: a signed-in owner, a key, and twenty flows of 6 KB each. */
export interface Seed {
  readonly jwt: string
  readonly apiKey: string
}

export const owner = { email: 'bench@example.com', password: 'bench bench bench' } as const

const flowCount = 20
const flowBytes = 6000

export async function seed(url: string): Promise<Seed> {
  const token = await signIn(url, owner)
  const { apiKey } = await post<{ apiKey: string }>(
    `${url}/api/v1/apikey`,
    { keyName: 'bench', permissions: ['chatflows:view', 'predictions:create'] },
    token,
  )
  for (let index = 0; index < flowCount; index += 1) {
    await post(`${url}/api/v1/chatflows`, { name: `Flow ${index}`, flowData: flowData() }, token)
  }
  return { jwt: token, apiKey }
}

/** A canvas of sticky notes, as long as a usual flow. */
function flowData(): string {
  const nodes: unknown[] = []
  while (JSON.stringify({ nodes, edges: [] }).length < flowBytes) {
    const id = `stickyNote_${nodes.length}`
    nodes.push({
      id,
      type: 'stickyNote',
      position: { x: 100 * nodes.length, y: 40 },
      data: {
        id,
        name: 'stickyNote',
        label: 'Sticky Note',
        inputs: { note: 'About "this" part.' },
      },
    })
  }
  return JSON.stringify({ nodes, edges: [] })
}

/** A chain on a chat model, as drawn on a canvas. Returns the flow's id. */
export async function addPredictionFlow(
  url: string,
  { jwt }: Seed,
  providerUrl: string,
): Promise<string> {
  const credential = await post<{ id: string }>(
    `${url}/api/v1/credentials`,
    { name: 'bench', credentialName: 'openAIApi', plainDataObj: { openAIApiKey: 'sk-bench' } },
    jwt,
  )
  const flow = await post<{ id: string }>(
    `${url}/api/v1/chatflows`,
    { name: 'Prediction', flowData: chainData(credential.id, `${providerUrl}/v1`) },
    jwt,
  )
  return flow.id
}

function chainData(credential: string, basepath: string): string {
  const node = (id: string, data: { name: string; inputs: object; [more: string]: unknown }) => ({
    id,
    type: 'customNode',
    position: { x: 0, y: 0 },
    data: { id, label: data.name, outputs: {}, ...data },
  })
  const model = '{{chatOpenAI_0.data.instance}}'
  const prompt = '{{promptTemplate_0.data.instance}}'
  const template = 'Answer this: {question}'
  const promptValues = '{"question":"{{question}}"}'
  return JSON.stringify({
    nodes: [
      node('chatOpenAI_0', {
        name: 'chatOpenAI',
        category: 'Chat Models',
        credential,
        inputs: { modelName: 'bench', basepath, streaming: true },
      }),
      node('promptTemplate_0', { name: 'promptTemplate', inputs: { template, promptValues } }),
      node('llmChain_0', { name: 'llmChain', category: 'Chains', inputs: { model, prompt } }),
    ],
    edges: ['chatOpenAI_0', 'promptTemplate_0'].map((source) => ({
      source,
      target: 'llmChain_0',
    })),
  })
}
