/** What the measured requests need: a signed-in owner, a key, and twenty flows of 6 KB each. */
export interface Seed {
  readonly jwt: string
  readonly apiKey: string
}

export const owner = { email: 'bench@example.com', password: 'bench bench bench' } as const

const flowCount = 20
const flowBytes = 6000

export async function seed(url: string): Promise<Seed> {
  const { token } = await post<{ token: string }>(`${url}/api/v1/auth/login`, {
    username: owner.email,
    password: owner.password,
  })
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

async function post<T>(url: string, body: unknown, token?: string): Promise<T> {
  const response = await fetch(url, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...(token && { authorization: `Bearer ${token}` }),
    },
    body: JSON.stringify(body),
  })
  if (!response.ok) throw new Error(`${url} answered ${response.status}: ${await response.text()}`)
  return (await response.json()) as T
}
