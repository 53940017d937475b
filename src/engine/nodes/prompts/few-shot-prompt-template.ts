import { Failure } from '../../../core/errors.ts'
import { nodeTitle } from '../../flow/flow.ts'
import { defineNode } from '../../node/define.ts'
import { anchor, array, text } from '../../node/inputs.ts'
import { createPrompt, literalText } from '../../talk/prompt.ts'

export const fewShotPromptTemplate = defineNode({
  name: 'fewShotPromptTemplate',
  label: 'Few Shot Prompt Template',
  version: 1,
  category: 'Prompts',
  description: 'One message with examples before the {variables}.',
  inputs: {
    examples: array(),
    examplePrompt: anchor('prompt'),
    prefix: text(),
    suffix: text(),
    exampleSeparator: text({ default: '\n\n' }),
    templateFormat: text({ default: 'f-string' }),
  },
  check: ({ templateFormat }, node) => {
    if (templateFormat === 'f-string') return
    const sentence = `The node ${nodeTitle(node)} cannot run: its templates are no f-strings.`
    throw new Failure('UNPROCESSABLE', sentence)
  },
  build: async (inputs) => {
    const examples = inputs.examples.map((example) => {
      const values = Object.entries(example).map(
        ([name, value]) =>
          [name, typeof value === 'string' ? value : JSON.stringify(value)] as const,
      )
      const messages = inputs.examplePrompt.format(Object.fromEntries(values))
      return literalText(messages.map(({ content }) => content).join('\n'))
    })
    const parts = [inputs.prefix, ...examples, inputs.suffix].filter((part) => part !== '')
    return createPrompt([{ role: 'user', content: parts.join(inputs.exampleSeparator) }], {})
  },
})
