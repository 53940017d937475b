import { Failure } from '../../../core/errors.ts'
import { nodeTitle } from '../../flow/flow.ts'
import { defineNode } from '../../node/define.ts'
import { anything, array, json, text } from '../../node/inputs.ts'
import type { Tool } from '../../node/instances.ts'
import type { StepContext } from '../../node/step.ts'
import { describedCalls } from '../../steps/agent.ts'
import { approvalAction } from '../../steps/approval.ts'
import { updatedState } from '../../steps/state.ts'
import { argumentsFor } from '../../steps/tools.ts'
import { textOf } from '../../text/paths.ts'
import { callTool } from '../../tools/loop.ts'

/** One call of a tool. */
export const toolAgentflow = defineNode({
  name: 'toolAgentflow',
  label: 'Tool',
  version: 1.1,
  category: 'Agent Flows',
  description: 'Calls a tool with the arguments given.',
  inputs: {
    toolAgentflowSelectedTool: text(),
    toolAgentflowSelectedToolConfig: json(),
    selectedTool: text(),
    selectedToolConfig: json(),
    toolInputArgs: array({ acceptVariable: true }),
    toolUpdateState: anything(),
  },
  step: async (inputs, context) => {
    const isOld = inputs.toolAgentflowSelectedTool === ''
    const key = isOld ? 'selectedTool' : 'toolAgentflowSelectedTool'
    const part = { name: inputs[key], config: inputs[`${key}Config`], from: [key, `${key}Config`] }
    const [tool] = await context.build('tool', part)
    if (tool === undefined) throw nothingChosen(context)
    const rows = inputs.toolInputArgs.map(
      ({ inputArgName, inputArgValue }) => [textOf(inputArgName), inputArgValue] as const,
    )
    const args = argumentsFor(tool.schema, Object.fromEntries(rows))
    const input = { toolInputArgs: args, selectedTool: tool.name }
    const isGuarded = tool.requiresHumanInput === true
    if (isGuarded && context.resumed === undefined) {
      const content = describedCalls([{ id: '', name: tool.name, args }])
      return { input, output: { content }, stop: { action: approvalAction(context.node, input) } }
    }
    const output = await called(tool, args, context)
    const state = await updatedState('toolUpdateState', output, context)
    return { input, output, state }
  },
})

async function called(
  tool: Tool,
  args: Readonly<Record<string, unknown>>,
  { resumed, signal, emit }: StepContext,
) {
  if (resumed?.human.type === 'reject') {
    const words = resumed.human.feedback ?? ''
    return { content: `A person refused this call.${words === '' ? '' : ` They said: ${words}`}` }
  }
  const { text: content, used, sourceDocuments, artifacts } = await callTool(tool, args, signal)
  emit({ event: 'usedTools', data: [used] })
  emit({ event: 'token', data: content })
  return { content, usedTools: [used], sourceDocuments, artifacts }
}

function nothingChosen({ node }: StepContext): Failure {
  return new Failure('UNPROCESSABLE', `The node ${nodeTitle(node)} cannot run: it needs a tool.`)
}
