import { Failure } from '../../../core/errors.ts'
import { defineNode } from '../../node/define.ts'
import type { Tool } from '../../node/instances.ts'
import { ArithmeticError, calculate } from '../../text/arithmetic.ts'
import { argument } from '../../tools/schema.ts'

export const calculator = defineNode({
  name: 'calculator',
  label: 'Calculator',
  version: 1,
  category: 'Tools',
  description: 'Calculates.',
  inputs: {},
  build: async (): Promise<Tool> => ({
    kind: 'tool',
    tellsFailure: true,
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
