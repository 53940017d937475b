import { Failure } from '../../core/errors.ts'
import { nodeTitle } from '../flow/flow.ts'
import type { NodeContext } from '../node/context.ts'
import { bool, json, number, optionalAnchor, text, type InputsOf } from '../node/inputs.ts'
import type { ChatModel } from '../node/instances.ts'
import { secretsOfHeaders } from '../text/named-secrets.ts'
import { safeEntries } from '../text/paths.ts'
import { createChatModel, type ModelSettings, type ModelSpec } from './chat-model.ts'
import { rememberingModel } from './remember.ts'

/** Where a provider is; the nodes call it by different names. */
export const addressInputs = {
  basepath: text({ endpoint: true }),
  basePath: text({ endpoint: true }),
  baseUrl: text({ endpoint: true }),
  overrideEndpoint: text({ endpoint: true }),
  endpoint: text({ endpoint: true }),
  baseOptions: json({ secret: true }),
}

/** What every chat model is asked with. */
export const chatInputs = {
  ...addressInputs,
  modelName: text(),
  temperature: number({ default: 0.9 }),
  streaming: bool({ default: true }),
  topP: number(),
  timeout: number(),
  allowImageUploads: bool({ default: false }),
  cache: optionalAnchor('cache'),
}

interface Provider {
  /** Undefined: the node must say where its model is. */
  readonly baseUrl: string | undefined
  /** Belongs to the base URL where an address drawn in the flow has no path of its own. */
  readonly path?: string
  /** Field of the credential. */
  readonly keyField: string
  /** What the input that may replace the field holds. */
  readonly apiKey: string
  /** Its own address answers nobody without a key. */
  readonly needsKey: boolean
}

/** How a provider is reached, as a `ModelSpec` has it. */
export type Reach = Pick<ModelSpec, 'node' | 'baseUrl' | 'headers' | 'apiKey'>

/**
 * The address drawn in the flow, else the provider's own; the key; headers. Key and header values
 * are concealed from now on.
 * @throws Failure UNPROCESSABLE when the key or the address is missing.
 */
export async function reachOf(
  inputs: InputsOf<typeof addressInputs>,
  provider: Provider,
  context: NodeContext,
): Promise<Reach> {
  const drawn = drawnAddress(inputs)
  const baseUrl = drawn === '' ? provider.baseUrl : withPath(drawn, provider.path ?? '')
  if (baseUrl === undefined) throw missing(context, 'a base path')
  const apiKey = await keyOf(provider, context)
  if (apiKey === '' && drawn === '' && provider.needsKey) throw missing(context, 'a credential')
  const headers = headersOf(inputs.baseOptions)
  for (const secret of [apiKey, ...secretsOfHeaders(headers)]) context.conceal(secret)
  return { node: context.node, baseUrl, headers, ...(apiKey === '' ? {} : { apiKey }) }
}

/** Where a node says that its provider is; empty where it does not. */
export function drawnAddress(inputs: InputsOf<typeof addressInputs>): string {
  const { basepath, basePath, baseUrl, overrideEndpoint, endpoint } = inputs
  return basepath || basePath || baseUrl || overrideEndpoint || endpoint
}

async function keyOf({ apiKey, keyField }: Provider, context: NodeContext): Promise<string> {
  const credential = await context.credential()
  return apiKey || (credential[keyField] ?? '')
}

type Drawn = { readonly [K in keyof ModelSettings]: ModelSettings[K] | undefined }

/** The handle for what a chat model's node says. */
export function chatModelOf(
  inputs: Pick<InputsOf<typeof chatInputs>, 'streaming' | 'allowImageUploads' | 'cache'>,
  spec: Omit<ModelSpec, 'settings' | 'streams' | 'acceptsImages'> & { readonly settings: Drawn },
  context: NodeContext,
): ChatModel {
  const streams = inputs.streaming
  const acceptsImages = inputs.allowImageUploads
  const settings = present(spec.settings)
  const { ports, signal, spend } = context
  const world = { fetch: ports.fetch, signal, spend }
  const model = createChatModel({ ...spec, settings, streams, acceptsImages }, world)
  const { cache } = inputs
  if (cache === undefined) return model
  const { node: _node, ...asked } = spec
  return rememberingModel(model, { ttlMs: cache.ttlMs, settings: asked }, context)
}

/** The fields that have a value. */
export function present<T extends object>(fields: T): { [K in keyof T]?: NonNullable<T[K]> } {
  const given = Object.entries(fields).filter(([, value]) => value !== undefined)
  return Object.fromEntries(given) as { [K in keyof T]?: NonNullable<T[K]> }
}

/** The input of that name, if it is a text; for names that are made up as the node is. */
export function textOf(inputs: Readonly<Record<string, unknown>>, name: string): string {
  const value = inputs[name]
  return typeof value === 'string' ? value : ''
}

/** `a, b` as its words; undefined when there are none. */
export function wordsOf(list: string): string[] | undefined {
  const words = list.split(',').map((word) => word.trim())
  const filled = words.filter((word) => word !== '')
  return filled.length === 0 ? undefined : filled
}

export function missing({ node }: Pick<NodeContext, 'node'>, what: string): Failure {
  return new Failure('UNPROCESSABLE', `The node ${nodeTitle(node)} cannot run: it needs ${what}.`)
}

/** `http://host` as `http://host/v1`; an address with a path is complete. */
function withPath(address: string, path: string): string {
  const isBare = path !== '' && URL.canParse(address) && new URL(address).pathname === '/'
  return isBare ? new URL(path, address).href : address
}

/** Headers as drawn: under `headers` or `defaultHeaders`, or the object itself when it is flat. */
export function headersOf(baseOptions: Readonly<Record<string, unknown>>): Record<string, string> {
  const drawn = baseOptions['headers'] ?? baseOptions['defaultHeaders'] ?? baseOptions
  const texts = safeEntries(drawn).filter(
    (entry): entry is [string, string] => typeof entry[1] === 'string',
  )
  return Object.fromEntries(texts)
}
