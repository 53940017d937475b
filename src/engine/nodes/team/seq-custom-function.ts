import { defineNode } from '../../node/define.ts'
import { code, json, text } from '../../node/inputs.ts'
import { codeText, runUserCode } from '../../tools/code.ts'
import { spoken } from '../../turns/agent.ts'
import { flowFacts, promptValues } from '../../turns/state.ts'

/** Code of the author's as a member of a team. */
export const seqCustomFunction = defineNode({
  name: 'seqCustomFunction',
  label: 'Custom JS Function',
  version: 1,
  category: 'Sequential Agents',
  description: 'Runs JavaScript in the sandbox; its result is said or becomes state.',
  inputs: {
    functionName: text(),
    functionInputVariables: json({ acceptVariable: true }),
    javascriptFunction: code(),
    returnValueAs: text({ default: 'aiMessage' }),
  },
  turn: async (inputs, context) => {
    const values = promptValues(inputs.functionInputVariables, context)
    const facts = flowFacts(context, context.lastOutput)
    const made = await runUserCode({ ...context, facts }, inputs.javascriptFunction, values)
    const output = { content: codeText(made) }
    const told = { messages: [output.content] }
    return { ...spoken(inputs.returnValueAs, made, context), output, told }
  },
})
