import { loadEngine } from '../chatflows/engine.ts'
import { Failure } from '../core/errors.ts'
import { parseJson } from '../core/json.ts'
import { redacted } from '../credentials/service.ts'
import { documentInputs, fileInputs } from '../engine/documents/loader.ts'
import { isSecretKey } from '../engine/flow/drawn-secrets.ts'
import type { NodeDefinition } from '../engine/node/define.ts'
import type { NodeConfig } from '../engine/node/ports.ts'
import { scrubPatterns } from '../engine/text/secrets.ts'

/** What a node of a store may be. */
export type NodeRole = 'loader' | 'splitter' | 'embedding' | 'vectorStore' | 'recordManager'

type Settings = NodeConfig['config']

const categories: Readonly<Record<NodeRole, string>> = {
  loader: 'Document Loaders',
  splitter: 'Text Splitters',
  embedding: 'Embeddings',
  vectorStore: 'Vector Stores',
  recordManager: 'Record Manager',
}

/** A node as it is given; what is not given stays as it is stored. */
export interface GivenNode {
  readonly role: NodeRole
  /** Null or empty: none. */
  readonly name: string | null | undefined
  /** A JSON object, or its text. */
  readonly config: unknown
  readonly stored: NodeConfig | null
}

/**
 * The node that is meant. A redaction mark in its settings keeps what is stored there.
 * @throws Failure BAD_REQUEST for settings that are no JSON object, and a name that is no such node.
 */
export async function readNode(given: GivenNode): Promise<NodeConfig | null> {
  const { role, stored } = given
  if (given.name === null || given.name === '') return null
  const name = given.name ?? stored?.name
  if (name === undefined) return null
  const { inputs } = await requireKind(role, name)
  const known = stored?.name === name ? stored.config : {}
  if (given.config == null) return { name, config: known }
  const config = withStored(readObject(given.config, `${role}Config`), known) as Settings
  // What is wired in on a canvas is no setting.
  const own = Object.entries(config).filter(([key]) => inputs[key]?.anchor === undefined)
  return { name, config: Object.fromEntries(own) }
}

/** A JSON object, given as such or as text. Throws BAD_REQUEST, naming the field. */
export function readObject(value: unknown, field: string): Settings {
  const read = typeof value === 'string' ? parseJson(value || '{}', field) : value
  if (typeof read !== 'object' || read === null || Array.isArray(read)) {
    throw new Failure('BAD_REQUEST', `${field} must be a JSON object.`)
  }
  return read as Settings
}

/** A node as it is shown: without its secrets. Documents are no settings, whatever stands in them. */
export async function shownNode(node: NodeConfig | null): Promise<NodeConfig | null> {
  if (node === null) return null
  const { findNode } = await loadEngine()
  const inputs = findNode(node.name)?.inputs ?? {}
  const isSecret = (key: string): boolean => isSecretKey(key) || inputs[key]?.secret === true
  const isDocument = (key: string, value: unknown): boolean =>
    typeof value === 'string' && documentInputs.has(key) && Object.hasOwn(inputs, key)
  const documents = Object.entries(node.config).filter(([key, value]) => isDocument(key, value))
  const settings = withoutSecrets(node.config, isSecret) as Settings
  return { name: node.name, config: { ...settings, ...Object.fromEntries(documents) } }
}

/** Throws BAD_REQUEST for a kind of loader that takes no files. */
export async function requireFileLoader(name: string): Promise<void> {
  const { findNode } = await loadEngine()
  const inputs = findNode(name)?.inputs ?? {}
  if (fileInputs.some((input) => Object.hasOwn(inputs, input))) return
  throw new Failure('BAD_REQUEST', `The document loader ${name} takes no files.`)
}

async function requireKind(role: NodeRole, name: string): Promise<NodeDefinition> {
  const { findNode } = await loadEngine()
  const definition = findNode(name)
  if (definition?.category === categories[role]) {
    if (role !== 'vectorStore' || definition.upsert !== undefined) return definition
  }
  const sentence = `There is no node ${name.slice(0, 100)} of the category ${categories[role]} that a document store can use.`
  throw new Failure('BAD_REQUEST', sentence)
}

/** Marks in a value give way to what is stored in their place; undefined where that is nothing. */
function withStored(given: unknown, stored: unknown): unknown {
  if (given === redacted) return stored
  if (Array.isArray(given)) {
    const known: readonly unknown[] = Array.isArray(stored) ? stored : []
    return given.flatMap((item, index) => withStored(item, known[index]) ?? [])
  }
  if (!isObject(given)) return given
  const known = isObject(stored) ? stored : {}
  const entries = Object.entries(given).map(([key, item]) => {
    return [key, withStored(item, Object.hasOwn(known, key) ? known[key] : undefined)]
  })
  return Object.fromEntries(entries.filter(([, item]) => item !== undefined))
}

function withoutSecrets(value: unknown, isSecret: (key: string) => boolean): unknown {
  if (typeof value === 'string') return scrubPatterns(value) === value ? value : redacted
  if (Array.isArray(value)) return value.map((item) => withoutSecrets(item, isSecret))
  if (!isObject(value)) return value
  const shown = Object.entries(value).map(([key, item]) => {
    const isSet = item !== '' && item !== null
    return [key, isSet && isSecret(key) ? redacted : withoutSecrets(item, isSecret)]
  })
  return Object.fromEntries(shown)
}

function isObject(value: unknown): value is Settings {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
