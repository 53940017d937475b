import type { Drawn } from './harness.ts'

export const model = (provider: { readonly baseUrl: string }): Drawn => ({
  id: 'chatOpenAI_0',
  name: 'chatOpenAI',
  category: 'Chat Models',
  credential: 'cred-1',
  inputs: { basepath: provider.baseUrl },
})
export const node = (id: string, name: string, inputs: Record<string, unknown> = {}): Drawn => ({
  id,
  name,
  label: id,
  category: 'Sequential Agents',
  inputs,
})
export const start = (inputs: Record<string, unknown> = {}) =>
  node('start', 'seqStart', { model: '{{chatOpenAI_0.data.instance}}', ...inputs })
export const memory = node('mem', 'agentMemory')
export const remembering = { agentMemory: '{{mem.data.instance}}' }
export const state = (rows: readonly Record<string, unknown>[]) =>
  node('state', 'seqState', { stateMemory: 'stateMemoryUI', stateMemoryUI: JSON.stringify(rows) })
export const agent = (id: string, inputs: Record<string, unknown> = {}) =>
  node(id, 'seqAgent', { agentName: id, systemMessagePrompt: `You are ${id}`, ...inputs })
export const llm = (id: string, inputs: Record<string, unknown> = {}) =>
  node(id, 'seqLLMNode', { llmNodeName: id, systemMessagePrompt: `You are ${id}`, ...inputs })
export const calculator = node('calc', 'calculator')
