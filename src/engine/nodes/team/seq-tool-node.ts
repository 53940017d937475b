import { defineNode } from '../../node/define.ts'
import { anchors, bool, text } from '../../node/inputs.ts'
import type { ToolCall } from '../../node/instances.ts'
import { callAll, type CallResult } from '../../tools/loop.ts'
import { askFor } from '../../turns/agent.ts'
import { callsOf, stateChanges } from '../../turns/state.ts'

/** Makes the calls that the model before it asked for. */
export const seqToolNode = defineNode({
  name: 'seqToolNode',
  label: 'Tool Node',
  version: 2,
  category: 'Sequential Agents',
  description: 'Calls the tools that an LLM node asks for.',
  inputs: {
    tools: anchors('tool'),
    toolNodeName: text(),
    interrupt: bool({ default: false }),
    approvalPrompt: text(),
    approveButtonText: text(),
    rejectButtonText: text(),
  },
  turn: async (inputs, context) => {
    const calls = callsOf(context.state.messages.findLast((message) => callsOf(message).length > 0))
    if (inputs.interrupt && context.resumed === undefined) {
      return askFor(calls, { ...inputs, paused: {} }, context)
    }
    const { tools } = inputs
    const { signal, resumed } = context
    const results =
      resumed?.human.type === 'reject'
        ? calls.map((call) => refused(call))
        : await callAll({ tools, signal }, { toolCalls: calls })
    const output = results
      .map(({ called }) => called)
      .map(({ used, text: content, ...found }) => ({
        ...used,
        content,
        ...found,
      }))
    return {
      said: results.map(({ message }) => ({ ...message, speaker: context.node.id })),
      values: await stateChanges(context, output),
      output,
      told: told(results),
    }
  },
})

function refused({ id, name, args }: ToolCall): CallResult {
  const text = 'A person refused this call.'
  return {
    called: { text, used: { tool: name, toolInput: args, toolOutput: text } },
    message: { role: 'tool', callId: id, toolName: name, content: text },
    isDirect: false,
  }
}

function told(results: readonly CallResult[]) {
  return {
    messages: results.map(({ called }) => called.text),
    usedTools: results.map(({ called }) => called.used),
    sourceDocuments: results.flatMap(({ called }) => called.sourceDocuments ?? []),
    artifacts: results.flatMap(({ called }) => called.artifacts ?? []),
  }
}
