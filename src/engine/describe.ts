import type { NodeDefinition } from './node/define.ts'
import type { Input } from './node/inputs.ts'
import { findNode, nodeDefinitions } from './nodes/index.ts'

/** A node kind as editors and people read of it. */
export interface NodeKind {
  readonly name: string
  readonly label: string
  readonly version: number
  readonly category: string
  readonly description: string
  readonly aliases: readonly string[]
  /** The type of credential it takes. */
  readonly credential: string | null
  readonly inputs: readonly NodeInput[]
}

export interface NodeInput {
  readonly name: string
  /** For anchors: the kind of node that is wired in. */
  readonly type: string
  readonly optional: boolean
  readonly acceptVariable: boolean
  readonly default: unknown
  readonly choices: readonly string[] | null
}

/** Every node kind that runs here, by category and name. */
export function describeNodes(): NodeKind[] {
  return nodeDefinitions
    .map(describe)
    .sort((a, b) => a.category.localeCompare(b.category) || a.name.localeCompare(b.name))
}

/** One of them, by its name or an alias; null for what does not run here. */
export function describeNode(name: string): NodeKind | null {
  const definition = findNode(name)
  return definition ? describe(definition) : null
}

function describe(definition: NodeDefinition): NodeKind {
  const { name, label, version, category, description, aliases = [], credential } = definition
  return {
    name,
    label,
    version,
    category,
    description,
    aliases,
    credential: credential ?? null,
    inputs: Object.entries(definition.inputs).map(([input, traits]) =>
      describeInput(input, traits),
    ),
  }
}

function describeInput(name: string, input: Input<unknown>): NodeInput {
  const { type, anchor, optional, acceptVariable, choices } = input
  return {
    name,
    type: anchor ?? type,
    optional,
    acceptVariable,
    default: input.default ?? null,
    choices: choices ?? null,
  }
}
