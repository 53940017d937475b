import { isRecord, parseJson, safeEntries } from '../text/paths.ts'
import type { FlowNode } from './flow.ts'
import type { OverrideRules } from './override-rules.ts'

/** What the node's own definition says of an input, as far as overriding it matters. */
export interface InputTraits {
  /** Where requests go: whoever sets it must not be handed the flow's own secrets. */
  readonly endpoint: boolean
  readonly secret: boolean
  /** Code that runs on the server. */
  readonly code: boolean
}

export interface OverriddenNode {
  readonly inputs: Readonly<Record<string, unknown>>
  /** Set by the caller: taken as they are, so that no reference in them is resolved. */
  readonly names: ReadonlySet<string>
  readonly dropsCredential: boolean
}

/** Never changed from outside, whatever the switches say. */
const forbidden =
  /^(credential|FLOWISE_CREDENTIAL_ID|javascriptFunction|func|code|tool|tools|agentTools|(toolAgentflow)?selectedTool(Config)?|(executeFlow)?selectedFlow|selected(Chat|Agent)flow|mcp(ServerConfig|ServerId|Actions)|conditionFunction|updateStateMemoryCode|stateMemoryCode|customTool.*|customFunction.*|functionInputVariables|messageHistory)$/i
/** For inputs that no definition of ours describes. */
const endpointName = /^(base|override|proxy)?_?(path|url|endpoint)$/i

/** The `$vars` a caller may replace, out of `overrideConfig.vars`. */
export function overriddenVariables(
  rules: OverrideRules,
  overrideConfig: unknown,
): Readonly<Record<string, string>> {
  const vars = isRecord(overrideConfig) ? overrideConfig['vars'] : undefined
  if (!rules.enabled) return {}
  return Object.fromEntries(
    pick(vars, rules.variables).map(([name, value]) => [
      name,
      typeof value === 'string' ? value : JSON.stringify(value),
    ]),
  )
}

/**
 * A node's inputs after the caller's `overrideConfig`. Only inputs that the author enabled under
 * the node's label change; a base path from outside takes away the credential and every other
 * secret of the node, so that neither is sent to a stranger's server.
 */
export function overrideNode(
  node: FlowNode,
  overrideConfig: unknown,
  scope: {
    readonly rules: OverrideRules
    readonly nodeIds: ReadonlySet<string>
    readonly traits: (name: string) => InputTraits | undefined
  },
): OverriddenNode {
  const enabled = scope.rules.enabled ? scope.rules.nodes.get(node.label) : undefined
  const changes = new Map<string, unknown>()
  for (const [name, value] of pick(overrideConfig, enabled ?? none)) {
    const isRefused = isForbidden(node, name, scope.traits(name))
    const own = isRefused ? undefined : ownValue(value, node.id, scope.nodeIds)
    if (own !== undefined) changes.set(name, merged(node.inputs[name], own))
  }
  const dropsCredential = [...changes.keys()].some(
    (name) => scope.traits(name)?.endpoint ?? endpointName.test(name),
  )
  const inputs = { ...node.inputs, ...Object.fromEntries(changes) }
  const kept = Object.entries(inputs).filter(
    ([name]) => !dropsCredential || changes.has(name) || scope.traits(name)?.secret !== true,
  )
  return { inputs: Object.fromEntries(kept), names: new Set(changes.keys()), dropsCredential }
}

const none: ReadonlySet<string> = new Set()

/** The entries of some names, out of an object that a caller may have made as wide as he likes. */
function pick(value: unknown, names: ReadonlySet<string>): [string, unknown][] {
  if (!isRecord(value)) return []
  const own = [...names].filter((name) => Object.hasOwn(value, name))
  return own.map((name) => [name, value[name]])
}

function isForbidden(node: FlowNode, name: string, traits: InputTraits | undefined): boolean {
  const drawn = node.params.find((param) => param.name === name)?.type
  return forbidden.test(name) || traits?.code === true || drawn === 'code' || drawn === 'credential'
}

/** The value meant for this node; undefined when the caller addressed other nodes by their id. */
function ownValue(value: unknown, nodeId: string, nodeIds: ReadonlySet<string>): unknown {
  if (!isRecord(value)) return readBoolean(value)
  if (Object.hasOwn(value, nodeId)) return readBoolean(value[nodeId])
  if (Object.keys(value).some((key) => nodeIds.has(key))) return undefined
  return Object.fromEntries(safeEntries(value))
}

function readBoolean(value: unknown): unknown {
  if (value === 'true') return true
  return value === 'false' ? false : value
}

/** Lists are joined, objects laid over each other, everything else replaced. */
function merged(before: unknown, after: unknown): unknown {
  const drawn = typeof before === 'string' ? (parseJson(before) ?? before) : before
  if (Array.isArray(after)) {
    return Array.isArray(drawn)
      ? [...new Set([...(drawn as unknown[]), ...(after as unknown[])])]
      : after
  }
  if (!isRecord(after)) return after
  return Object.fromEntries([...safeEntries(drawn), ...safeEntries(after)])
}
