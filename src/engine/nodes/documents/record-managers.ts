import { defineNode, type NodeDefinition } from '../../node/define.ts'
import { options, text } from '../../node/inputs.ts'
import type { RecordManager } from '../../node/instances.ts'

const rows = [
  { name: 'postgresRecordManager', label: 'Postgres Record Manager' },
  { name: 'MySQLRecordManager', label: 'MySQL Record Manager' },
  { name: 'SQLiteRecordManager', label: 'SQLite Record Manager' },
]

/**
 * Say what an upsert does about older chunks. Which chunks there are, the store itself knows: the
 * tables that these were drawn for are not used.
 */
export const recordManagers: readonly NodeDefinition[] = rows.map(nodeOf)

function nodeOf({ name, label }: (typeof rows)[number]): NodeDefinition {
  return defineNode({
    name,
    label,
    version: 1,
    category: 'Record Manager',
    description:
      'Says how an upsert cleans up older chunks; this server keeps the record of them itself.',
    inputs: {
      namespace: text(),
      cleanup: options(['none', 'incremental', 'full'], { default: 'none' }),
      sourceIdKey: text({ default: 'source' }),
    },
    build: async ({ cleanup, sourceIdKey }): Promise<RecordManager> => ({
      kind: 'recordManager',
      cleanup,
      sourceIdKey,
    }),
  })
}
