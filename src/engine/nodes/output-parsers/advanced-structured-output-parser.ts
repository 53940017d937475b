import { Failure } from '../../../core/errors.ts'
import { nodeTitle } from '../../flow/flow.ts'
import { defineNode } from '../../node/define.ts'
import { bool, text } from '../../node/inputs.ts'
import { jsonParser } from '../../talk/output-parser.ts'
import { parseZod, ZodTextError } from '../../text/zod-text.ts'

export const advancedStructuredOutputParser = defineNode({
  name: 'advancedStructuredOutputParser',
  label: 'Advanced Structured Output Parser',
  version: 1,
  category: 'Output Parsers',
  description: 'Reads an answer as JSON of the form that a zod expression gives.',
  inputs: { exampleJson: text(), autofixParser: bool({ default: false }) },
  build: async ({ exampleJson, autofixParser }, { node }) => {
    try {
      return jsonParser(parseZod(exampleJson), { node, autofix: autofixParser })
    } catch (error) {
      if (!(error instanceof ZodTextError)) throw error
      const sentence = `The node ${nodeTitle(node)} cannot run: its schema cannot be read:`
      throw new Failure('UNPROCESSABLE', `${sentence} ${error.message}.`)
    }
  },
})
