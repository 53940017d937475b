import { readFile } from 'node:fs/promises'
import { generate } from '@graphql-codegen/cli'
import openapiTypes from 'openapi-typescript'
import { describe, expect, it } from 'vitest'
import codegen from '../../codegen.ts'
import { databaseKind } from '../harness.ts'

const root = new URL('../../', import.meta.url)

describe.runIf(databaseKind === 'embedded')('types of the examples: npm run codegen', () => {
  it('are those of the published GraphQL schema and of the documents', async () => {
    const files = (await generate({ ...codegen, silent: true }, false)) as {
      readonly filename: string
      readonly content: string
    }[]
    expect(files.length).toBeGreaterThan(2)
    for (const { filename, content } of files) {
      expect(await readFile(new URL(filename, root), 'utf8')).toBe(content)
    }
  })

  it('are those of the published OpenAPI document', async () => {
    const types = await openapiTypes(new URL('schema/openapi.json', root))
    const written = new URL('examples/openapi-client/generated/api.ts', root)
    expect(await readFile(written, 'utf8')).toBe(types)
  })
})
