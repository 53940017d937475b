import { Failure } from '../../core/errors.ts'
import { newId } from '../../core/ids.ts'
import type { Action } from '../node/human.ts'
import type { ChatMessage, ChatModel, Tool, ToolCall } from '../node/instances.ts'
import type { Told, TurnContext, TurnResult } from '../node/turn.ts'
import { asCalled, describedCalls, workOn, type AgentEnd } from '../steps/agent.ts'
import { structuredSchema } from '../talk/structured.ts'
import { textOf } from '../text/paths.ts'
import { filled } from '../text/template.ts'
import { rowsOf } from './state.ts'

/** The words with which a member asks for agreement; inputs of all members that call tools. */
export interface Approval {
  readonly approvalPrompt: string
  readonly approveButtonText: string
  readonly rejectButtonText: string
}

export interface Job {
  readonly model: ChatModel
  readonly tools: readonly Tool[]
  readonly messages: readonly ChatMessage[]
  readonly maxIterations?: number | undefined
  /** Present: a person has to agree to every call. */
  readonly approval?: Approval | undefined
}

/** Lets a member work with its tools until it answers, or a person has to agree. */
export async function workAsMember(job: Job, context: TurnContext): Promise<AgentEnd> {
  const { model, tools, messages, maxIterations, approval } = job
  const guarded = new Set(approval === undefined ? [] : tools.map(({ name }) => name))
  const limit = maxIterations === undefined ? {} : { maxIterations }
  return workOn({ model, tools, messages, guarded, isSilent: true, ...limit }, context)
}

const defaultApproval =
  'These tools are about to be used: {tools}. Ask the user whether to go on, and name them.'

/** Asks a person to agree to calls, in the team's model's words, as chat clients draw it. */
export async function askFor(
  calls: readonly ToolCall[],
  asking: Approval & { readonly paused: AgentEnd['paused'] | Readonly<Record<string, unknown>> },
  context: TurnContext,
): Promise<Pick<TurnResult, 'stop'>> {
  const { approvalPrompt, approveButtonText, rejectButtonText, paused } = asking
  const approve = approveButtonText || 'Yes'
  const reject = rejectButtonText || 'No'
  const content = filled(approvalPrompt || defaultApproval, {
    tools: JSON.stringify(calls.map(asCalled)),
  })
  const text = (await wordsFor(content, context)) || describedCalls(calls)
  const action: Action = {
    id: newId(),
    mapping: { approve, reject, toolCalls: calls },
    elements: [
      { type: 'approve-button', label: approve },
      { type: 'reject-button', label: reject },
    ],
  }
  return { stop: { action, text, paused: paused ?? {} } }
}

/** A model that fails must not lose the calls that wait for a person. */
async function wordsFor(content: string, { signal, modelOr }: TurnContext): Promise<string> {
  try {
    return (await modelOr(undefined).ask({ messages: [{ role: 'user', content }], signal })).text
  } catch (error) {
    if (error instanceof Failure && !signal.aborted) return ''
    throw error
  }
}

/** What clients are shown of an agent's work. */
export function toldOf(end: AgentEnd): Told {
  const { text, usedTools, sourceDocuments, artifacts } = end
  return { messages: [text], usedTools, sourceDocuments, artifacts }
}

/** The form an author wants an answer in, from any of the inputs that hold such rows. */
export function formOf(rows: unknown) {
  return structuredSchema(rowsOf(rows))
}

/** An answer in a form, as text and as values. */
export async function askInForm(
  model: ChatModel,
  { messages, rows }: { readonly messages: readonly ChatMessage[]; readonly rows: unknown },
  { signal }: TurnContext,
): Promise<{ readonly text: string; readonly json?: unknown }> {
  const schema = formOf(rows)
  const { text, json } = await model.ask({ messages, signal, ...(schema ? { schema } : {}) })
  return schema === undefined ? { text } : { text: JSON.stringify(json), json }
}

/** A value as another node's message. */
export function spoken(
  returnAs: string,
  content: unknown,
  context: TurnContext,
): Pick<TurnResult, 'said' | 'values'> {
  if (returnAs === 'stateObj') {
    return typeof content === 'object' && content !== null ? { values: { ...content } } : {}
  }
  const words = textOf(content)
  return returnAs === 'humanMessage'
    ? { said: [{ role: 'user', content: words, speaker: context.node.id }] }
    : { said: [{ role: 'assistant', content: words, speaker: context.node.id }] }
}
