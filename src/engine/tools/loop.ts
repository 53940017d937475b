import { Failure } from '../../core/errors.ts'
import { nodeTitle, type FlowNode } from '../flow/flow.ts'
import type { SourceDocument, UsedTool } from '../node/events.ts'
import type {
  ChatMessage,
  ChatModel,
  ModelReply,
  ModelRequest,
  Tool,
  ToolAnswer,
  ToolCall,
} from '../node/instances.ts'
import { limits, withinLimit } from '../node/limits.ts'

export interface ToolLoop {
  readonly model: ChatModel
  readonly tools: readonly Tool[]
  readonly messages: readonly ChatMessage[]
  /** So often the model is asked; then it has to answer without tools. */
  readonly maxIterations?: number
  readonly signal: AbortSignal
  readonly listeners?: Pick<ModelRequest, 'onToken' | 'onThinking'>
  /** Called before the tools of one reply run. */
  readonly onCalled?: (calls: readonly ToolCall[]) => void
  /** True for calls that must not be made yet: the loop ends, and they are in `held`. */
  readonly holds?: (call: ToolCall) => boolean
  /** The node that fails where a tool does; absent: the model hears of it and goes on. */
  readonly failsAt?: FlowNode | undefined
}

export interface ToolLoopResult {
  readonly text: string
  readonly usedTools: readonly UsedTool[]
  readonly sourceDocuments: readonly SourceDocument[]
  readonly artifacts: readonly unknown[]
  /** What was said in the loop, without the final answer. */
  readonly messages: readonly ChatMessage[]
  /** The reply whose calls `holds` held back. */
  readonly held?: ModelReply
}

/** What one call came to. */
export interface Called extends ToolAnswer {
  readonly used: UsedTool
}

const defaultIterations = 15

/**
 * Asks a model, runs the tools it asks for one after the other, tells it what they said, and asks
 * again until it answers, or a tool's result is the answer.
 * @throws Failure of the model's provider; of a tool only with `failsAt`.
 */
export async function runToolLoop(loop: ToolLoop): Promise<ToolLoopResult> {
  const { maxIterations = defaultIterations, holds = () => false, onCalled } = loop
  const said: ChatMessage[] = []
  const called: Called[] = []
  for (let round = 1; ; round += 1) {
    const isLast = round > maxIterations
    const reply = await askAgain(loop, said, isLast)
    const end = { called, said }
    if (reply.toolCalls.length === 0 || isLast) return resultOf(reply.text, end)
    onCalled?.(reply.toolCalls)
    if (reply.toolCalls.some(holds)) return { ...resultOf(reply.text, end), held: reply }
    const results = await callAll(loop, reply)
    called.push(...results.map(({ called }) => called))
    said.push(reply.message, ...results.map(({ message }) => message))
    const direct = results.find(({ isDirect }) => isDirect)
    if (direct !== undefined) return resultOf(toldDirectly(loop, direct), end)
  }
}

function toldDirectly({ listeners }: ToolLoop, { called }: CallResult): string {
  listeners?.onToken?.(called.text)
  return called.text
}

/** The last time the model may call nothing more. */
function askAgain(
  { model, tools, messages, listeners, signal }: ToolLoop,
  said: readonly ChatMessage[],
  isLast: boolean,
): Promise<ModelReply> {
  const choice = isLast ? { toolChoice: 'none' as const } : {}
  return model.ask({ messages: [...messages, ...said], tools, ...choice, ...listeners, signal })
}

/**
 * Calls one tool within its time limit.
 * @throws Failure UNPROCESSABLE, UPSTREAM or TIMEOUT of the tool; other errors are bugs.
 */
export async function callTool(
  tool: Tool,
  args: ToolCall['args'],
  signal: AbortSignal,
): Promise<Called> {
  const ms = tool.limitMs ?? limits.tool
  const late = () =>
    new Failure('TIMEOUT', `The tool ${tool.name} took longer than ${ms / 1000} s.`)
  const told = await withinLimit({ ms, signals: [signal], late }, (within) =>
    tool.run(args, { signal: within }),
  )
  const answer = typeof told === 'string' ? { text: told } : told
  return { ...answer, used: { tool: tool.name, toolInput: args, toolOutput: answer.text } }
}

/** What a call came to, and how the model is told. */
export interface CallResult {
  readonly called: Called
  readonly message: ChatMessage
  readonly isDirect: boolean
}

/** Calls what a reply asks for, one after the other. */
export async function callAll(
  loop: Pick<ToolLoop, 'tools' | 'signal' | 'failsAt'>,
  { toolCalls }: Pick<ModelReply, 'toolCalls'>,
): Promise<CallResult[]> {
  const results: CallResult[] = []
  for (const call of toolCalls) {
    const called = await callOne(loop, call)
    const content = called.text
    const isDirect =
      called.used.error === undefined &&
      loop.tools.some(({ name, returnDirect }) => name === call.name && returnDirect === true)
    const message = { role: 'tool', callId: call.id, toolName: call.name, content } as const
    results.push({ called, message, isDirect })
  }
  return results
}

async function callOne(
  loop: Pick<ToolLoop, 'tools' | 'signal' | 'failsAt'>,
  { name, args }: ToolCall,
): Promise<Called> {
  const tool = loop.tools.find((known) => known.name === name)
  try {
    if (tool === undefined) {
      throw new Failure('UNPROCESSABLE', `There is no tool with the name ${name}.`)
    }
    return await callTool(tool, args, loop.signal)
  } catch (error) {
    if (loop.signal.aborted || !(error instanceof Failure)) throw error
    if (loop.failsAt !== undefined && tool?.tellsFailure !== true) {
      const who = `The tool ${name} of ${nodeTitle(loop.failsAt)}`
      throw new Failure(error.code, `${who} failed: ${error.message}`, error.details)
    }
    const text = `Error: ${error.message}`
    return { text, used: { tool: name, toolInput: args, toolOutput: text, error: error.message } }
  }
}

function resultOf(
  text: string,
  { called, said }: { called: readonly Called[]; said: ChatMessage[] },
): ToolLoopResult {
  return {
    text,
    messages: said,
    usedTools: called.map(({ used }) => used),
    sourceDocuments: called.flatMap(({ sourceDocuments = [] }) => sourceDocuments),
    artifacts: called.flatMap(({ artifacts = [] }) => artifacts),
  }
}
