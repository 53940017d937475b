import { Failure } from '../../core/errors.ts'
import { nodeTitle, type FlowNode } from '../flow/flow.ts'
import type { Alone, NodeContext } from '../node/context.ts'
import { isInstance, type InstanceByKind, type InstanceKind } from '../node/instances.ts'
import { namingNode } from '../node/naming.ts'
import { findNode } from '../nodes/index.ts'
import { secretsOfFields } from '../text/named-secrets.ts'
import type { Run } from './context.ts'
import { runInnerFlow } from './inner-flow.ts'

/** Where canvases keep the credential of a node within a node. */
export const credentialKey = 'FLOWISE_CREDENTIAL_ID'

/** The world as one node sees it; only the last node's events are heard. */
export function nodeContext(
  run: Run,
  node: FlowNode,
  how: { readonly isLast: boolean; readonly hasCredential: boolean },
): NodeContext {
  return {
    node,
    input: run.input,
    ports: {
      ...run.ports,
      tool: (id) => namingNode(node, () => run.ports.tool(id)),
      flow: (id) => namingNode(node, () => run.ports.flow(id)),
      documentStore: (id) => namingNode(node, () => run.ports.documentStore(id)),
    },
    signal: run.signal,
    sessionId: run.sessionId,
    owner: run.owner,
    emit: how.isLast ? run.emit : () => undefined,
    isHeard: how.isLast && run.input.streaming === true,
    images: run.images,
    variables: run.variables,
    facts: run.facts,
    credential: async () => {
      if (node.credential === undefined || !how.hasCredential) return {}
      const { credential } = node
      const fields = await namingNode(node, () => run.ports.credential(credential))
      for (const secret of secretsOfFields(fields)) run.secrets.add(secret)
      return fields
    },
    history: run.history,
    keptVariable: async () => undefined,
    publish: () => undefined,
    runFlow: (id, input, signal = run.signal) =>
      runInnerFlow({ ...run, signal }, { id, input, node }),
    conceal: (secret) => run.secrets.add(secret),
    buildAlone: (kind, alone) => buildAlone(run, kind, alone),
    spend: run.spend,
  }
}

/** A node that stands on no canvas, as if it stood on one. */
export function aloneNode({ id, label, name, config, output }: Omit<Alone, 'owner'>): FlowNode {
  const credential = config[credentialKey] ?? config['credential']
  return {
    id,
    name,
    label,
    category: findNode(name)?.category ?? '',
    inputs: config,
    params: [],
    ...(output === undefined ? {} : { output }),
    ...(typeof credential === 'string' && credential !== '' ? { credential } : {}),
  }
}

/**
 * What a node that stands on no canvas builds; some build several.
 * @throws Failure UNPROCESSABLE for a kind that is unknown or not of this sort.
 */
export async function buildAll<K extends InstanceKind>(
  run: Run,
  kind: K,
  how: {
    readonly node: FlowNode
    readonly inputs: Readonly<Record<string, unknown>>
    readonly hasCredential: boolean
  },
): Promise<readonly InstanceByKind[K][]> {
  const { node, inputs, hasCredential } = how
  const context = nodeContext(run, node, { isLast: false, hasCredential })
  const built: unknown = await findNode(node.name)?.build?.(inputs, context)
  const instances: readonly unknown[] = Array.isArray(built) ? built : [built]
  return instances.map((instance) => {
    if (isInstance(instance, kind)) return instance
    const sentence = `The node ${nodeTitle(node)} cannot run: ${node.name} is no ${kind}.`
    throw new Failure('UNPROCESSABLE', sentence)
  })
}

async function buildAlone<K extends InstanceKind>(
  run: Run,
  kind: K,
  alone: Alone,
): Promise<InstanceByKind[K]> {
  const node = aloneNode(alone)
  const own = { ...run, owner: alone.owner }
  const how = { node, inputs: alone.config, hasCredential: true }
  const [instance] = await buildAll(own, kind, how)
  if (instance !== undefined) return instance
  throw new Failure('UNPROCESSABLE', `The node ${nodeTitle(node)} builds nothing.`)
}
