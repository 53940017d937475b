import { Failure } from '../../core/errors.ts'
import { ArithmeticError, calculate } from '../arithmetic.ts'
import type { Tool } from '../instances.ts'
import { defineNode } from '../node.ts'
import { argument } from '../tool-schema.ts'

export const calculator = defineNode({
  name: 'calculator',
  label: 'Calculator',
  version: 1,
  category: 'Tools',
  description: 'Calculates.',
  inputs: {},
  build: async (): Promise<Tool> => ({
    kind: 'tool',
    name: 'calculator',
    description:
      'Useful for getting the result of a math expression. The input is an expression such as ' +
      '2 * (3 + sqrt(16)).',
    schema: {
      type: 'object',
      properties: { input: { type: 'string', description: 'The expression' } },
      required: ['input'],
      additionalProperties: false,
    },
    run: async ({ input }) => {
      try {
        return String(calculate(argument(input)))
      } catch (error) {
        if (!(error instanceof ArithmeticError)) throw error
        throw new Failure('UNPROCESSABLE', `The expression ${error.message}.`)
      }
    },
  }),
})
