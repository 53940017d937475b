import { defineNode } from '../../node/define.ts'
import { bool, number, text } from '../../node/inputs.ts'
import type { OutputParser } from '../../node/instances.ts'
import { unfit } from '../../talk/output-parser.ts'

export const customListOutputParser = defineNode({
  name: 'customListOutputParser',
  label: 'Custom List Output Parser',
  version: 1,
  category: 'Output Parsers',
  description: 'Reads an answer as a list of so many values.',
  inputs: {
    length: number(),
    separator: text({ default: ',' }),
    autofixParser: bool({ default: false }),
  },
  build: async ({ length, separator, autofixParser }, { node }): Promise<OutputParser> => ({
    kind: 'outputParser',
    autofix: autofixParser,
    instructions:
      `Answer with a list of ${length === undefined ? '' : `${length} `}values with ` +
      `"${separator}" between them, such as: foo${separator} bar${separator} baz`,
    parse: (answer) => {
      const items = answer.trim().split(separator)
      if (length !== undefined && items.length !== length) {
        throw unfit(node, ` (${items.length} values instead of ${length})`)
      }
      return items.map((item) => item.trim())
    },
  }),
})
