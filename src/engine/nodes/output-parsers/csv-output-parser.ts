import { defineNode } from '../../node/define.ts'
import { bool } from '../../node/inputs.ts'
import type { OutputParser } from '../../node/instances.ts'

export const csvOutputParser = defineNode({
  name: 'csvOutputParser',
  label: 'CSV Output Parser',
  version: 1,
  category: 'Output Parsers',
  description: 'Reads an answer as values with commas between them.',
  inputs: { autofixParser: bool({ default: false }) },
  build: async ({ autofixParser }): Promise<OutputParser> => ({
    kind: 'outputParser',
    autofix: autofixParser,
    instructions: 'Answer with a list of values with commas between them, such as: foo, bar, baz',
    parse: (text) =>
      text
        .trim()
        .split(',')
        .map((item) => item.trim()),
  }),
})
