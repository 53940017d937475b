import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'
import { isPostgresThere } from './test/setup/postgres-server.ts'
import './test/setup/provided.ts'

/** Tests that need no database of the server, or bring their own: once is enough. */
const once = [
  'test/{core,db,engine,platform,rest,server}/**/*.test.ts',
  'test/architecture.test.ts',
  'test/start.test.ts',
]

/** The behaviour of the whole server, the same on both databases. */
function onDatabase(database: 'embedded' | 'postgres') {
  return {
    extends: true as const,
    test: {
      name: database,
      include: ['test/**/*.test.ts'],
      exclude: once,
      globalSetup: `test/setup/${database}.ts`,
      provide: { database },
    },
  }
}

export default defineConfig(async () => ({
  resolve: {
    // graphql 16 ships CommonJS and ESM side by side; two copies refuse each other's schemas.
    alias: [{ find: /^graphql$/, replacement: fileURLToPath(import.meta.resolve('graphql')) }],
  },
  test: {
    testTimeout: 20_000,
    hookTimeout: 60_000,
    // The embedded database takes some 600 MB, and tests measure time.
    maxWorkers: 2,
    projects: [
      { extends: true as const, test: { name: 'once', include: once } },
      onDatabase('embedded'),
      ...((await isPostgresThere()) ? [onDatabase('postgres')] : []),
    ],
  },
}))
