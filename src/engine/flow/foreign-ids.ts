import { isRecord, parseJson, rowsInText } from '../text/paths.ts'

export type ForeignKind = 'credential' | 'tool' | 'documentStore' | 'chatflow'

/** A row of some workspace that a flow names by id. */
export interface ForeignId {
  readonly kind: ForeignKind
  readonly id: string
  /** The node that names it. */
  readonly nodeId: string
}

const kinds: Readonly<Record<string, ForeignKind>> = {
  credential: 'credential',
  FLOWISE_CREDENTIAL_ID: 'credential',
  selectedTool: 'tool',
  selectedStore: 'documentStore',
  documentStore: 'documentStore',
  selectedChatflow: 'chatflow',
  selectedFlow: 'chatflow',
  executeFlowSelectedFlow: 'chatflow',
  selectedAgentflow: 'chatflow',
}

const uuid = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/i

/** The rows that a flow names by id, each once for a node. Other workspaces have others. */
export function foreignIds(flowData: string): readonly ForeignId[] {
  const found = new Map<string, ForeignId>()
  eachNode(flowData, (node, nodeId) => {
    for (const { kind, text } of foreignTexts(node)) {
      const id = uuid.exec(text)?.[0]
      if (id) found.set(`${nodeId} ${kind} ${id}`, { kind, id, nodeId })
    }
  })
  return [...found.values()]
}

/** What names rows in a part of a flow, as it stands there. */
export function foreignTexts(part: unknown): readonly { kind: ForeignKind; text: string }[] {
  const found: { kind: ForeignKind; text: string }[] = []
  visit(part, (kind, text) => {
    found.push({ kind, text })
    return text
  })
  return found
}

/**
 * The flow with the ids exchanged as the map says. Credentials that it does not name are taken out:
 * whoever brings a flow along chooses whose secrets it uses.
 */
export function withMappedIds(flowData: string, map: Readonly<Record<string, string>>): string {
  const canvas = eachNode(flowData, (node) => {
    visit(node, (kind, text) => {
      const id = uuid.exec(text)?.[0]
      const other = id !== undefined && Object.hasOwn(map, id) ? map[id] : undefined
      if (id !== undefined && other !== undefined) return text.replace(id, other)
      return kind === 'credential' ? '' : text
    })
  })
  return JSON.stringify(canvas)
}

type Exchange = (kind: ForeignKind, text: string) => string

function eachNode(
  flowData: string,
  act: (node: Record<string, unknown>, nodeId: string) => void,
): unknown {
  const canvas = parseJson(flowData)
  const nodes = isRecord(canvas) && Array.isArray(canvas['nodes']) ? canvas['nodes'] : []
  for (const node of nodes.filter(isRecord)) {
    if (isRecord(node['data'])) act(node['data'], String(node['id']))
  }
  return canvas
}

/** Offers every text under a known key, at any depth, for exchange; what is exchanged, in place. */
function visit(value: unknown, exchange: Exchange): void {
  if (Array.isArray(value)) for (const item of value) visit(item, exchange)
  else if (isRecord(value)) {
    const record = value as Record<string, unknown>
    for (const [key, item] of Object.entries(record)) {
      const other = visited(key, item, exchange)
      // A flow that is kept as it was read cannot be written to.
      if (other !== item) record[key] = other
    }
  }
}

function visited(key: string, item: unknown, exchange: Exchange): unknown {
  const kind = Object.hasOwn(kinds, key) ? kinds[key] : undefined
  const rows = rowsInText(item)
  if (kind && !rows && typeof item === 'string') return exchange(kind, item)
  const before = JSON.stringify(rows)
  visit(rows ?? item, exchange)
  return JSON.stringify(rows) === before ? item : JSON.stringify(rows)
}
