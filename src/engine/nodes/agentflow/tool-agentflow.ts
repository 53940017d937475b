import { missing } from '../../model/parts.ts'
import { defineNode } from '../../node/define.ts'
import { anything, array, json, text } from '../../node/inputs.ts'
import type { Tool, ToolCall } from '../../node/instances.ts'
import type { StepContext } from '../../node/step.ts'
import { describedCalls, tellFound } from '../../steps/agent.ts'
import { approvalAction } from '../../steps/approval.ts'
import { updatedState } from '../../steps/state.ts'
import { textOf } from '../../text/paths.ts'
import { callAll } from '../../tools/loop.ts'
import { argumentsFor } from '../../tools/schema.ts'

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
  check: ({ toolAgentflowSelectedTool, selectedTool }, node) => {
    if (!toolAgentflowSelectedTool && !selectedTool) throw missing({ node }, 'a tool')
  },
  step: async (inputs, context) => {
    const isOld = inputs.toolAgentflowSelectedTool === ''
    const key = isOld ? 'selectedTool' : 'toolAgentflowSelectedTool'
    const part = { name: inputs[key], config: inputs[`${key}Config`], from: [key, `${key}Config`] }
    const tools = await context.build('tool', part)
    if (tools.length === 0) throw missing(context, 'a tool')
    const rows = inputs.toolInputArgs.map(
      ({ inputArgName, inputArgValue }) => [textOf(inputArgName), inputArgValue] as const,
    )
    const given = Object.fromEntries(rows)
    const calls = tools.map((tool, at) => callOf(tool, given, at))
    const input = { toolInputArgs: calls[0]?.args, selectedTool: part.name }
    const isGuarded = tools.some(({ requiresHumanInput }) => requiresHumanInput === true)
    if (isGuarded && context.resumed === undefined) {
      const content = describedCalls(calls)
      return { input, output: { content }, stop: { action: approvalAction(context.node, input) } }
    }
    const output = await called(tools, calls, context)
    const state = await updatedState('toolUpdateState', output, context)
    return { input, output, state }
  },
})

function callOf(tool: Tool, given: Readonly<Record<string, unknown>>, at: number): ToolCall {
  return { id: String(at), name: tool.name, args: argumentsFor(tool.schema, given) }
}

/** What the tool answers; a node that gives several tools has them all called. */
async function called(
  tools: readonly Tool[],
  toolCalls: readonly ToolCall[],
  { resumed, signal, emit, node }: StepContext,
) {
  if (resumed?.human.type === 'reject') {
    const words = resumed.human.feedback ?? ''
    return { content: `A person refused this call.${words === '' ? '' : ` They said: ${words}`}` }
  }
  const results = await callAll({ tools, signal, failsAt: node }, { toolCalls })
  const answers = results.map(({ called: answer }) => answer)
  const usedTools = answers.map(({ used }) => used)
  const content = answers.map(({ text: said }) => said).join('\n')
  const sourceDocuments = answers.flatMap((answer) => answer.sourceDocuments ?? [])
  const artifacts = answers.flatMap((answer) => answer.artifacts ?? [])
  const found = { usedTools, sourceDocuments, artifacts }
  emit({ event: 'token', data: content })
  tellFound(found, { emit })
  return { content, ...found }
}
