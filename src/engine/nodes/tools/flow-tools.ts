import { newId } from '../../../core/ids.ts'
import { textOf } from '../../model/parts.ts'
import type { NodeContext } from '../../node/context.ts'
import { defineNode, type NodeDefinition } from '../../node/define.ts'
import { bool, json, text } from '../../node/inputs.ts'
import type { Tool, ToolAnswer } from '../../node/instances.ts'
import { limits } from '../../node/limits.ts'
import { argument, toolName } from '../../tools/schema.ts'

interface FlowTool {
  readonly name: string
  readonly label: string
  readonly version: number
  /** The input that holds the flow's id. */
  readonly chosen: string
  readonly tool: string
  readonly what: string
}

const rows: readonly FlowTool[] = [
  {
    name: 'ChatflowTool',
    label: 'Chatflow Tool',
    version: 5.1,
    chosen: 'selectedChatflow',
    tool: 'chatflow_tool',
    what: 'chatflow',
  },
  {
    name: 'agentAsTool',
    label: 'Agent as Tool',
    version: 1,
    chosen: 'selectedAgentflow',
    tool: 'agentflow_tool',
    what: 'agentflow',
  },
]

/** Other flows of the workspace as tools; they run in this process, as a part of the run. */
export const flowTools: readonly NodeDefinition[] = rows.map(nodeOf)

function nodeOf({ name, label, version, chosen, tool, what }: FlowTool): NodeDefinition {
  return defineNode({
    name,
    label,
    version,
    category: 'Tools',
    description: `Another ${what} as a tool.`,
    inputs: {
      [chosen]: text(),
      name: text({ default: tool }),
      description: text({ default: `Asks another ${what}.` }),
      returnDirect: bool({ default: false }),
      overrideConfig: json({ acceptVariable: true }),
      startNewSession: bool({ default: false }),
      useQuestionFromChat: bool({ default: false }),
      customInput: text(),
    },
    build: async (inputs, context): Promise<Tool> => ({
      kind: 'tool',
      tellsFailure: true,
      name: toolName(inputs.name),
      description: inputs.description,
      returnDirect: inputs.returnDirect,
      limitMs: limits.flowTool,
      schema: {
        type: 'object',
        properties: { input: { type: 'string', description: 'The question' } },
        required: ['input'],
        additionalProperties: false,
      },
      run: ({ input }, { signal }) =>
        askFlow({ ...inputs, id: textOf(inputs, chosen), said: argument(input) }, context, signal),
    }),
  })
}

interface Asking {
  readonly id: string
  /** What the model says; the author may have fixed the question. */
  readonly said: string
  readonly customInput: string
  readonly useQuestionFromChat: boolean
  readonly startNewSession: boolean
  readonly overrideConfig: Readonly<Record<string, unknown>>
}

async function askFlow(
  { id, said, customInput, useQuestionFromChat, startNewSession, overrideConfig }: Asking,
  { input, sessionId: ours, runFlow }: NodeContext,
  signal: AbortSignal,
): Promise<ToolAnswer> {
  const question = (useQuestionFromChat ? input.question : customInput) || said
  const sessionId = startNewSession ? newId() : ours
  const chatId = startNewSession ? sessionId : input.chatId
  const inner = { question, chatId, overrideConfig: { sessionId, ...overrideConfig } }
  const result = await runFlow(id, inner, signal)
  const { sourceDocuments = [], artifacts = [] } = result
  return { text: result.text ?? JSON.stringify(result.json ?? ''), sourceDocuments, artifacts }
}
