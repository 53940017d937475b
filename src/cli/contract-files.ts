import { readFile } from 'node:fs/promises'
import { writeOpenApi } from '../rest/openapi.ts'
import { routes } from '../rest/routes.ts'
import { schema } from '../schema.ts'
import { printSdl } from '../server/contract.ts'

/** The published contracts as the code has them now, by file name below `schema/`. */
export function contractFiles(): Readonly<Record<string, string>> {
  return {
    'schema.graphql': printSdl(schema),
    'openapi.json': `${JSON.stringify(writeOpenApi(schema, routes), null, 2)}\n`,
  }
}

/** Names of the files below `schema/` that say something else than the code. */
export async function driftedFiles(): Promise<string[]> {
  const drifted: string[] = []
  for (const [name, text] of Object.entries(contractFiles())) {
    const written = await readFile(contractUrl(name), 'utf8').catch(() => null)
    if (written !== text) drifted.push(name)
  }
  return drifted
}

/** Where that file of the contracts stands. */
export function contractUrl(name: string): URL {
  return new URL(`../../schema/${name}`, import.meta.url)
}
