import { existsSync, readFileSync } from 'node:fs'
import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { LLMock } from '@copilotkit/aimock'
import { Failure } from '../../src/core/errors.ts'
import { createParts } from '../../src/engine/chatflow/parts.ts'
import { runLoadJob } from '../../src/engine/documents/load.ts'
import { parseFlow } from '../../src/engine/flow/flow.ts'
import type { FlowEvent } from '../../src/engine/node/events.ts'
import {
  isInstance,
  type InstanceByKind,
  type InstanceKind,
  type Tool,
} from '../../src/engine/node/instances.ts'
import type { Ports } from '../../src/engine/node/ports.ts'
import type { FlowResult } from '../../src/engine/node/result.ts'
import type { RunInput } from '../../src/engine/node/run-input.ts'
import { runFlow } from '../../src/engine/run.ts'
import { prepareRun } from '../../src/engine/run/context.ts'
import type { RunRequest } from '../../src/engine/run/request.ts'
import { createSecrets } from '../../src/engine/text/secrets.ts'
import { createEgress } from '../../src/platform/egress/egress.ts'

export const providerKey = 'sk-live-0123456789abcdefghijKLMN'

/** The fake provider, spoken to over a real port through the real egress. */
export async function startProvider() {
  const mock = new LLMock({ port: 0 })
  await mock.start()
  const egress = createEgress({ allow: [new URL(mock.url).host] })
  return {
    mock,
    fetch: egress.fetch,
    baseUrl: `${mock.url}/v1`,
    /** What the provider got last. */
    lastBody: () => mock.getLastRequest()?.body as Record<string, unknown> | undefined,
    stop: async () => {
      await egress.close()
      await mock.stop()
    },
  }
}

/** A provider of our own making, for answers that the fake one does not give. */
export async function startStub(listener: RequestListener) {
  const requests: IncomingMessage[] = []
  const server: Server = createServer((request, response) => {
    requests.push(request)
    listener(request, response)
  })
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`
  const egress = createEgress({ allow: [host] })
  return {
    requests,
    fetch: egress.fetch,
    baseUrl: `http://${host}/v1`,
    stop: async () => {
      await egress.close()
      server.closeAllConnections()
      server.close()
    },
  }
}

export interface Drawn {
  readonly id: string
  readonly name: string
  readonly label?: string
  readonly category?: string
  readonly inputs?: Record<string, unknown>
  readonly output?: string
  readonly credential?: string
  readonly parentNode?: string
  readonly inputParams?: readonly unknown[]
}

/** `flowData` as a canvas would store it. */
export function draw(nodes: readonly Drawn[], edges: readonly [string, string, string?][] = []) {
  return JSON.stringify({
    nodes: nodes.map(({ id, parentNode, output, label, ...data }) => ({
      id,
      type: 'customNode',
      parentNode,
      data: { ...data, id, label: label ?? data.name, outputs: output ? { output } : {} },
    })),
    edges: edges.map(([source, target, sourceHandle]) => ({ source, target, sourceHandle })),
  })
}

/** `flowData` whose edges follow from what the inputs of its nodes refer to. */
export function wire(nodes: readonly Drawn[]): string {
  const sources = ({ inputs }: Drawn) =>
    [...JSON.stringify(inputs ?? {}).matchAll(/\{\{([^{}.]+)\.data\.instance/g)].map(
      ([, source = '']) => source,
    )
  const edges = nodes.flatMap((node) =>
    sources(node).map((source): [string, string] => [source, node.id]),
  )
  return draw(nodes, edges)
}

export interface Told {
  readonly input?: Partial<RunInput>
  readonly apiConfig?: unknown
  readonly followUpPrompts?: unknown
  readonly ports?: Partial<Ports>
  readonly signal?: AbortSignal
  readonly emit?: (event: FlowEvent) => void
  readonly spend?: RunRequest['spend']
  readonly miss?: RunRequest['miss']
}

export function requestFor(flowData: string | null, told: Told = {}): RunRequest {
  return {
    flow: parseFlow({
      id: 'flow-1',
      flowData,
      apiConfig: told.apiConfig === undefined ? null : JSON.stringify(told.apiConfig),
      followUpPrompts: JSON.stringify(told.followUpPrompts) ?? null,
    }),
    input: { question: 'socks', chatId: 'chat-1', ...told.input },
    ports: {
      fetch: nobody,
      fetchPublic: nobody,
      credential: async () => ({ openAIApiKey: providerKey }),
      history: async () => [],
      variables: async () => ({}),
      tool: async (id) => {
        throw new Failure('UNPROCESSABLE', `There is no tool ${id} in this workspace.`)
      },
      flow: async (id) => {
        throw new Failure('UNPROCESSABLE', `There is no flow ${id} in this workspace.`)
      },
      documentStore: async (id) => {
        throw new Failure('UNPROCESSABLE', `There is no document store ${id} in this workspace.`)
      },
      runCode: async () => {
        throw new Failure('UNPROCESSABLE', 'this test runs no code')
      },
      savedRun: async () => undefined,
      loadDocuments: (job) => runLoadJob(job),
      embedLocally: async () => [],
      vectors: {
        open: keepsNothing,
        search: async () => [],
      },
      sql: {
        tables: async () => {
          throw new Error('this test asks no database')
        },
        query: async () => {
          throw new Error('this test asks no database')
        },
      },
      cache: { get: async () => undefined, set: async () => undefined },
      clock: { now: () => new Date('2026-01-02T03:04:05.678Z') },
      ...told.ports,
    },
    signal: told.signal ?? new AbortController().signal,
    emit: told.emit ?? (() => undefined),
    ...(told.spend === undefined ? {} : { spend: told.spend }),
    ...(told.miss === undefined ? {} : { miss: told.miss }),
  }
}

export async function run(flowData: string | null, told: Told = {}): Promise<FlowResult> {
  return runFlow(requestFor(flowData, told))
}

/** An upsert of which nothing is kept. */
export const keepsNothing: Ports['vectors']['open'] = async () => ({
  known: async () => new Set(),
  add: async () => undefined,
  commit: async () => ({ numAdded: 0, numUpdated: 0, numSkipped: 0, numDeleted: 0 }),
  discard: async () => undefined,
})

/** The Failure a promise ends in; anything else fails the test. */
export async function failureOf(promise: Promise<unknown>): Promise<Failure> {
  try {
    await promise
  } catch (error) {
    if (error instanceof Failure) return error
    throw error
  }
  throw new Error('nothing was refused')
}

/** An LLM chain on a chat model at the given address. */
export function llmChainFlow(
  baseUrl: string,
  changes: { model?: Partial<Drawn>; prompt?: Record<string, unknown> } = {},
): string {
  const { inputs, ...model } = changes.model ?? {}
  return draw(
    [
      {
        id: 'chatOpenAI_0',
        name: 'chatOpenAI',
        label: 'ChatOpenAI',
        category: 'Chat Models',
        credential: 'cred-1',
        ...model,
        inputs: { modelName: 'gpt-4o-mini', temperature: '0.2', basepath: baseUrl, ...inputs },
      },
      {
        id: 'promptTemplate_0',
        name: 'promptTemplate',
        inputs: {
          template: 'Name a company that makes {product}.',
          promptValues: '{"product":"{{question}}"}',
          ...changes.prompt,
        },
      },
      {
        id: 'llmChain_0',
        name: 'llmChain',
        label: 'LLM Chain',
        category: 'Chains',
        output: 'llmChain',
        inputs: {
          model: '{{chatOpenAI_0.data.instance}}',
          prompt: '{{promptTemplate_0.data.instance}}',
        },
      },
      { id: 'stickyNote_0', name: 'stickyNote', inputs: { note: 'hello' } },
    ],
    [
      ['chatOpenAI_0', 'llmChain_0'],
      ['promptTemplate_0', 'llmChain_0'],
    ],
  )
}

/** One piece of a streamed chat completion. */
export function chunk(choice: Record<string, unknown>): string {
  const facts = { id: '1', object: 'chat.completion.chunk', created: 1, model: 'm' }
  return `data: ${JSON.stringify({ ...facts, choices: [choice] })}\n\n`
}

/** A provider's error, in the format its clients read. */
export function refuse(response: ServerResponse, status: number, message: string): void {
  response.writeHead(status, { 'content-type': 'application/json' })
  response.end(JSON.stringify({ error: { message, type: 'e', param: null, code: null } }))
}

/** What the tokens among the events add up to. */
export function textOf(events: readonly FlowEvent[]): string {
  return events.map((at) => (at.event === 'token' ? at.data : '')).join('')
}

const flowsFolder = fileURLToPath(new URL('../../../shared/flows', import.meta.url))
const isMissing = !existsSync(flowsFolder)

/** Why tests on real flows are skipped here, or undefined. */
export const noRealFlows = isMissing ? `skipped: there is no folder ${flowsFolder}` : undefined

/** A real flow's `flowData`, with its node inputs changed by name of node. */
export function realFlow(
  file: string,
  change: (name: string, inputs: Record<string, unknown>) => Record<string, unknown>,
): string {
  const { nodes, edges } = JSON.parse(readFileSync(`${flowsFolder}/${file}`, 'utf8')) as {
    nodes: { data: { name: string; inputs: Record<string, unknown> } }[]
    edges: unknown[]
  }
  for (const { data } of nodes) data.inputs = { ...data.inputs, ...change(data.name, data.inputs) }
  return JSON.stringify({ nodes, edges })
}

/** What a node builds, in a run of its own. */
export async function buildNode(
  node: Pick<Drawn, 'name' | 'inputs'>,
  told: Told = {},
): Promise<unknown> {
  const flowData = draw([{ id: 'x_0', label: 'x', credential: 'cred-1', ...node }])
  const world = { secrets: createSecrets(), spend: () => undefined, runFlow }
  const made = await prepareRun(requestFor(flowData, told), world)
  const [drawn] = made.flow.nodes.values()
  return drawn && createParts(made).build(drawn)
}

/** The node's tool, embedder and so on. */
export async function buildInstance<K extends InstanceKind>(
  kind: K,
  node: Pick<Drawn, 'name' | 'inputs'>,
  told: Told = {},
): Promise<InstanceByKind[K]> {
  const built = await buildNode(node, told)
  if (!isInstance(built, kind)) throw new Error(`${node.name} built no ${kind}`)
  return built
}

/** A tool with these inputs, in a run of its own. */
export const toolOf = (name: string, inputs: Record<string, unknown> = {}, told: Told = {}) =>
  buildInstance('tool', { name, inputs }, told)

/** What a tool says, as JSON. */
export async function saidOf(answer: ReturnType<Tool['run']>): Promise<unknown> {
  const said = await answer
  return JSON.parse(typeof said === 'string' ? said : said.text)
}

const nobody: typeof globalThis.fetch = async () => {
  throw new Error('this test calls nobody')
}
