import { z } from 'zod'
import { defineNode } from '../../node/define.ts'
import { array, bool } from '../../node/inputs.ts'
import { jsonParser } from '../../talk/output-parser.ts'

const types: Readonly<Record<string, () => z.ZodType>> = {
  number: () => z.number(),
  boolean: () => z.boolean(),
}

export const structuredOutputParser = defineNode({
  name: 'structuredOutputParser',
  label: 'Structured Output Parser',
  version: 1,
  category: 'Output Parsers',
  description: 'Reads an answer as an object with the given properties.',
  inputs: { jsonStructure: array(), autofixParser: bool({ default: false }) },
  build: async ({ jsonStructure, autofixParser }, { node }) => {
    const shape = jsonStructure.flatMap(({ property, type, description }) => {
      if (typeof property !== 'string' || property === '') return []
      const form = (types[String(type)] ?? (() => z.string()))()
      return [
        [property, form.describe(typeof description === 'string' ? description : '')] as const,
      ]
    })
    return jsonParser(z.object(Object.fromEntries(shape)), { node, autofix: autofixParser })
  },
})
