import type { Endpoint, Found } from './exchange.ts'

/** Where a path leads, or null. HEAD leads where GET does. */
export type FindEndpoint = (method: string, path: string) => Found | null

interface Node {
  readonly literals: Map<string, Node>
  param: Node | null
  leaf: Leaf | null
}

interface Leaf {
  readonly byMethod: Map<string, { readonly endpoint: Endpoint; readonly names: string[] }>
  readonly pattern: string
  allow: readonly string[]
  widget: boolean
}

/**
 * Paths match by whole segments, decoded once and compared by case; a literal goes before a
 * parameter. Dots and empty segments are nothing special, so they lead nowhere.
 *
 * @throws Error when two endpoints share path and method.
 */
export function createRouter(endpoints: readonly Endpoint[]): FindEndpoint {
  const root: Node = { literals: new Map(), param: null, leaf: null }
  for (const endpoint of endpoints) add(root, endpoint)
  return (method, path) => {
    const segments = path.includes('%') ? decoded(path) : path.split('/')
    if (!segments || segments[0] !== '') return null
    const values: string[] = []
    const leaf = walk(root, { segments, at: 1 }, values)
    return leaf && found(leaf, method, values)
  }
}

function add(root: Node, endpoint: Endpoint): void {
  const names: string[] = []
  let node = root
  for (const segment of endpoint.path.split('/').slice(1)) {
    if (segment.startsWith(':')) names.push(segment.slice(1))
    node = child(node, segment)
  }
  node.leaf ??= { byMethod: new Map(), pattern: endpoint.path, allow: [], widget: false }
  const { leaf } = node
  if (leaf.byMethod.has(endpoint.method)) {
    throw new Error(`Two endpoints answer ${endpoint.method} ${endpoint.path}.`)
  }
  leaf.byMethod.set(endpoint.method, { endpoint, names })
  leaf.widget ||= endpoint.widget === true
  const methods = [...leaf.byMethod.keys()]
  leaf.allow = [...(methods.includes('GET') ? ['HEAD'] : []), ...methods, 'OPTIONS'].sort()
}

function child(node: Node, segment: string): Node {
  const fresh: Node = { literals: new Map(), param: null, leaf: null }
  if (segment.startsWith(':')) return (node.param ??= fresh)
  const known = node.literals.get(segment)
  if (known) return known
  node.literals.set(segment, fresh)
  return fresh
}

function walk(
  node: Node,
  way: { readonly segments: readonly string[]; readonly at: number },
  values: string[],
): Leaf | null {
  const segment = way.segments[way.at]
  if (segment === undefined) return node.leaf
  const next = { segments: way.segments, at: way.at + 1 }
  const literal = node.literals.get(segment)
  const leaf = literal ? walk(literal, next, values) : null
  if (leaf || !node.param || !isValue(segment)) return leaf
  values.push(segment)
  const behind = walk(node.param, next, values)
  if (!behind) values.pop()
  return behind
}

/** Nothing the path syntax or the database would read as something else. */
function isValue(segment: string): boolean {
  return segment !== '' && segment !== '.' && segment !== '..' && !/[/\\\0]/.test(segment)
}

function decoded(path: string): string[] | null {
  try {
    return path.split('/').map(decodeURIComponent)
  } catch {
    return null
  }
}

function found(leaf: Leaf, method: string, values: readonly string[]): Found {
  const hit = leaf.byMethod.get(method === 'HEAD' ? 'GET' : method)
  const params = hit?.names.map((name, index) => [name, values[index] ?? ''] as const) ?? []
  return {
    pattern: leaf.pattern,
    allow: leaf.allow,
    endpoint: hit?.endpoint ?? null,
    params: Object.fromEntries(params),
    // A preflight asks for the path; what is not for widgets is still not readable to other pages.
    widget: hit ? hit.endpoint.widget === true : leaf.widget,
  }
}
