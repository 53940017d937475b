import type { Deps } from './context.ts'
import { findStoredDocuments } from './documentstores/port.ts'
import type { Egress } from './platform/egress/egress.ts'
import { createFlowCache } from './platform/flow-cache.ts'
import { createSpool } from './platform/spool.ts'
import type { Sql } from './platform/sql/open.ts'
import { createLocalEmbeddings } from './platform/workers/embeddings.ts'
import { createSandbox } from './platform/workers/sandbox.ts'
import { createVectorIndexes } from './vectors/indexes.ts'
import { createLoading } from './vectors/loading.ts'

/** What of `Deps` is there for flows alone. */
type FlowDeps = Pick<
  Deps,
  | 'fetch'
  | 'fetchPublic'
  | 'sandbox'
  | 'spool'
  | 'loading'
  | 'localEmbeddings'
  | 'vectorIndexes'
  | 'documentStores'
  | 'sql'
  | 'flowCache'
>

export interface FlowWorld {
  readonly deps: FlowDeps
  /** What has to be closed. */
  readonly parts: readonly { close(): Promise<void> }[]
}

/** What flows reach the world by; each part starts with its first work. */
export function createFlowWorld({
  egressAllow,
  database,
  log,
  clock,
}: Pick<Deps, 'database' | 'log' | 'clock'> & {
  readonly egressAllow: readonly string[]
}): FlowWorld {
  const egress = egressAtFirstCall(egressAllow)
  const publicEgress = egressAtFirstCall([])
  const closing = {
    sandbox: createSandbox({ fetch: egress.fetch }),
    spool: createSpool(),
    loading: createLoading(),
    localEmbeddings: createLocalEmbeddings(),
    vectorIndexes: createVectorIndexes({ database, log }),
  }
  return {
    deps: {
      ...closing,
      fetch: egress.fetch,
      fetchPublic: publicEgress.fetch,
      documentStores: {
        find: (workspaceId, id) => findStoredDocuments(database, workspaceId, id),
      },
      sql: sqlAtFirstCall(egressAllow),
      flowCache: createFlowCache({ clock }),
    },
    parts: [...Object.values(closing), egress, publicEgress],
  }
}

/** The way out is a tenth of all code: it is loaded when a flow first calls out. */
function egressAtFirstCall(allow: readonly string[]): Egress {
  let loading: Promise<Egress> | undefined
  const load = async (): Promise<Egress> => {
    const { createEgress } = await import('./platform/egress/egress.ts')
    return createEgress({ allow })
  }
  return {
    fetch: async (...call) => (await (loading ??= load())).fetch(...call),
    close: async () => (await loading)?.close(),
  }
}

/** As the way out. */
function sqlAtFirstCall(allow: readonly string[]): Sql {
  let loading: Promise<Sql> | undefined
  const load = async (): Promise<Sql> => {
    const { createSql } = await import('./platform/sql/open.ts')
    return createSql({ allow })
  }
  return {
    tables: async (...call) => (await (loading ??= load())).tables(...call),
    query: async (...call) => (await (loading ??= load())).query(...call),
  }
}
