import { isRecord, isSafeKey, parseJson, safeEntries } from '../text/paths.ts'

/** What the author of a flow lets callers change; nothing until switched on. */
export interface OverrideRules {
  readonly enabled: boolean
  /** Node label to the names of inputs. */
  readonly nodes: ReadonlyMap<string, ReadonlySet<string>>
  readonly variables: ReadonlySet<string>
}

/** Reads the switches out of `apiConfig`; anything malformed counts as switched off. */
export function parseOverrideRules(apiConfig: string | null): OverrideRules {
  const parsed = parseJson(apiConfig ?? '')
  const config = isRecord(parsed) ? parsed['overrideConfig'] : undefined
  if (!isRecord(config)) return { enabled: false, nodes: new Map(), variables: new Set() }
  const nodes = safeEntries(config['nodes']).map(
    ([label, switches]) => [label, enabledNames(switches)] as const,
  )
  return {
    enabled: config['status'] === true,
    nodes: new Map(nodes),
    variables: enabledNames(config['variables']),
  }
}

function enabledNames(switches: unknown): ReadonlySet<string> {
  const rows = Array.isArray(switches) ? switches.filter(isRecord) : []
  const names = rows.filter((row) => row['enabled'] === true).map((row) => row['name'])
  return new Set(
    names.filter((name): name is string => typeof name === 'string' && isSafeKey(name)),
  )
}
