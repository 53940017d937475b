import { Failure } from '../../../core/errors.ts'
import { missing } from '../../model/parts.ts'
import { defineNode } from '../../node/define.ts'
import { bool, text } from '../../node/inputs.ts'
import type { Tool } from '../../node/instances.ts'
import { dig, parseJson, pathKeys, textOf } from '../../text/paths.ts'

/** What stands at a path that the author has fixed. */
export const jsonPathExtractor = defineNode({
  name: 'jsonPathExtractor',
  label: 'JSON Path Extractor',
  version: 1,
  category: 'Tools',
  description: 'Takes a value out of JSON.',
  inputs: {
    path: text(),
    returnNullOnError: bool({ default: false }),
  },
  build: async ({ path, returnNullOnError }, context): Promise<Tool> => {
    if (path === '') throw missing(context, 'a path')
    return {
      kind: 'tool',
      name: 'json_path_extractor',
      description: `Takes the value at ${path} out of JSON.`,
      schema: {
        type: 'object',
        properties: { json: { type: 'string', description: 'The JSON' } },
        required: ['json'],
        additionalProperties: false,
      },
      run: async ({ json }) => {
        const data = typeof json === 'string' ? parseJson(json) : json
        const value = dig(data, pathKeys(path))
        if (value === undefined && !returnNullOnError) throw nothingAt(path, data)
        return textOf(value ?? 'null')
      },
    }
  },
})

function nothingAt(path: string, data: unknown): Failure {
  if (data === undefined) return new Failure('UNPROCESSABLE', 'The input is no JSON.')
  const start = JSON.stringify(data).slice(0, 200)
  return new Failure('UNPROCESSABLE', `There is nothing at ${path} in ${start}.`)
}
