import type { FlowNode } from '../flow/flow.ts'
import type { UsedTool } from '../node/events.ts'
import type { HumanInput } from '../node/human.ts'
import type { ChatMessage, ChatModel, Tool, ToolCall } from '../node/instances.ts'
import type { Answer } from '../node/result.ts'
import type { PausedAgent, StepContext } from '../node/step.ts'
import { isRecord } from '../text/paths.ts'
import { callAll, runToolLoop, type CallResult, type ToolLoopResult } from '../tools/loop.ts'
import { tokens } from './talk.ts'

export interface AgentWork {
  readonly model: ChatModel
  readonly tools: readonly Tool[]
  readonly messages: readonly ChatMessage[]
  /** Names of tools that run only after a person agreed. */
  readonly guarded: ReadonlySet<string>
  /** The answer is asked for in another form afterwards, so nobody hears this one. */
  readonly isSilent: boolean
  readonly maxIterations?: number
  /** The node that fails where a tool does; absent: the model hears of it. */
  readonly failsAt?: FlowNode
}

/** What an answer may come with. */
export type Found = Pick<Answer, 'usedTools' | 'sourceDocuments' | 'artifacts'>

/** What an agent needs of the node it works in. */
export type AgentWorld = Pick<StepContext, 'emit' | 'isHeard' | 'signal' | 'resumed'>

export interface AgentEnd extends ToolLoopResult {
  /** Everything the model was shown and said. */
  readonly whole: readonly ChatMessage[]
  /** Present when a person has to agree first. */
  readonly paused?: PausedAgent
}

/**
 * Lets a model use tools until it answers, or wants one that a person has to agree to. With the
 * decision of the person it goes on from there: agreed calls are made, refused ones are told.
 */
export async function workOn(work: AgentWork, context: AgentWorld): Promise<AgentEnd> {
  const earlier = await takenUp(work, context)
  const messages = earlier?.messages ?? work.messages
  const before = earlier?.usedTools ?? []
  const result = await runToolLoop({
    model: work.model,
    tools: work.tools,
    messages,
    signal: context.signal,
    listeners: work.isSilent ? {} : tokens(context),
    holds: ({ name }) => work.guarded.has(name),
    onCalled: (calls) => context.emit({ event: 'calledTools', data: calls.map(asCalled) }),
    failsAt: work.failsAt,
    ...(work.maxIterations === undefined ? {} : { maxIterations: work.maxIterations }),
  })
  const usedTools = [...before, ...result.usedTools]
  tellFound({ ...result, usedTools }, context)
  const whole = [...messages, ...result.messages]
  const end = { ...result, usedTools, whole }
  if (result.held === undefined) return end
  const { message, toolCalls: calls } = result.held
  return { ...end, paused: { messages: [...whole, message], calls, usedTools } }
}

/** Tells the caller what stands behind an answer. */
export function tellFound(
  { usedTools = [], sourceDocuments = [], artifacts = [] }: Found,
  { emit }: Pick<AgentWorld, 'emit'>,
): void {
  if (sourceDocuments.length > 0) emit({ event: 'sourceDocuments', data: sourceDocuments })
  if (usedTools.length > 0) emit({ event: 'usedTools', data: usedTools })
  if (artifacts.length > 0) emit({ event: 'artifacts', data: artifacts })
}

/** What an agent asks a person: the calls it wants to make. */
export function describedCalls(calls: readonly ToolCall[]): string {
  const lines = calls.map(({ name, args }) => `- ${name}: ${JSON.stringify(args)}`)
  return ['The agent wants to use these tools:', ...lines].join('\n')
}

export function asCalled({ name, args }: ToolCall): UsedTool {
  return { tool: name, toolInput: args, toolOutput: '' }
}

/** The conversation of an agent that had paused, with the results of the calls in question. */
async function takenUp(
  work: AgentWork,
  { resumed, signal }: AgentWorld,
): Promise<Pick<PausedAgent, 'messages' | 'usedTools'> | undefined> {
  const paused = resumed?.output['paused']
  if (resumed === undefined || !isPaused(paused)) return undefined
  const results =
    resumed.human.type === 'proceed'
      ? await callAll(
          { tools: work.tools, signal, failsAt: work.failsAt },
          { toolCalls: paused.calls },
        )
      : paused.calls.map((call) => refused(call, resumed.human))
  return {
    messages: [...paused.messages, ...results.map(({ message }) => message)],
    usedTools: [...paused.usedTools, ...results.map(({ called }) => called.used)],
  }
}

function refused({ id, name, args }: ToolCall, { feedback }: HumanInput): CallResult {
  const why = feedback === undefined || feedback === '' ? '' : ` They said: ${feedback}`
  const text = `A person refused this call.${why}`
  return {
    called: { text, used: { tool: name, toolInput: args, toolOutput: text } },
    message: { role: 'tool', callId: id, toolName: name, content: text },
    isDirect: false,
  }
}

function isPaused(value: unknown): value is PausedAgent {
  return (
    isRecord(value) &&
    Array.isArray(value['messages']) &&
    Array.isArray(value['calls']) &&
    Array.isArray(value['usedTools'])
  )
}
