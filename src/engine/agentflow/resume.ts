import { Failure } from '../../core/errors.ts'
import type { ExecutedNode } from '../node/events.ts'
import type { HumanInput } from '../node/human.ts'
import type { Output, State, StepResult } from '../node/step.ts'
import type { Run } from '../run/context.ts'
import { questionOf } from '../talk/question.ts'
import { isRecord } from '../text/paths.ts'
import { createRoom, roomFor } from '../text/room.ts'
import { absorb, deliver, newFrame } from './progress.ts'
import type { Frame, Plan, Progress } from './progress.ts'

/** Where a run goes on after a person decided. */
export interface Resumed {
  readonly nodeId: string
  readonly human: HumanInput
  /** The row with which it had stopped; it stays in the record if going on fails. */
  readonly row: ExecutedNode
  readonly progress: Progress
  readonly frame: Frame
}

/**
 * Brings a stopped run back to where it was, out of its record alone: its rows are gone through
 * as if they ran, so that what was waiting or queued is so again.
 * @throws Failure CONFLICT when the session's latest run did not stop, or not at that node,
 *   or another one goes on from there.
 */
export async function resumeAgentflow(run: Run, plan: Plan, human: HumanInput): Promise<Resumed> {
  const saved = await run.ports.savedRun(run.sessionId)
  const rows = saved?.executedData ?? []
  const at = stoppedAt(rows, human.startNodeId)
  const row = at === undefined ? undefined : rows[at]
  if (saved === undefined || at === undefined || row === undefined) throw nothingStopped()
  if (!run.flow.nodes.has(row.nodeId)) throw nothingStopped()
  await saved.claim()
  const earlier = rows.slice(0, at)
  const progress = replayed(run, { earlier, state: saved.state ?? stateOf(row) })
  return { nodeId: row.nodeId, human, row, progress, frame: requeued(plan, earlier, row) }
}

/** A stop that nothing followed, or nothing but the failure of going on. */
function stoppedAt(rows: readonly ExecutedNode[], nodeId?: string): number | undefined {
  const last = rows.at(-1)
  const before = rows.at(-2)
  const isRetry = last?.status === 'ERROR' && before?.nodeId === last.nodeId
  const at = isRetry ? rows.length - 2 : rows.length - 1
  const row = rows[at]
  if (row?.status !== 'STOPPED') return undefined
  return nodeId === undefined || nodeId === '' || nodeId === row.nodeId ? at : undefined
}

function replayed(
  run: Run,
  saved: { readonly earlier: readonly ExecutedNode[]; readonly state: State },
): Progress {
  const starts = [...run.flow.nodes.values()].filter(({ name }) => name === 'startAgentflow')
  const forgetsPast = starts.some(({ inputs }) => String(inputs['startEphemeralMemory']) === 'true')
  const progress: Progress = {
    outputs: new Map(),
    rows: [],
    said: [],
    rounds: new Map(),
    forgetsPast,
    isQuestionPast: !forgetsPast,
    state: {},
    question: questionOf(run.input),
    room: createRoom(roomFor.record),
  }
  for (const row of saved.earlier) {
    const { said = [], ...result } = resultOf(row)
    const name = run.flow.nodes.get(row.nodeId)?.name ?? ''
    // What was said up to the stop is in the session's messages, if this run remembers them.
    const known = { ...result, said: forgetsPast ? said : [] }
    if (row.status === 'FINISHED') absorb(progress, { id: row.nodeId, name }, known)
    progress.rows.push(row)
    if (name === 'startAgentflow') progress.question = firstQuestion(result.output)
  }
  progress.state = saved.state
  return progress
}

/** The question of a run is the one it began with, not what came with the decision. */
function firstQuestion({ question, form }: Output): string {
  return questionOf({
    ...(typeof question === 'string' ? { question } : {}),
    ...(isRecord(form) ? { form } : {}),
  })
}

/** What was queued and waiting when the run stopped; the node it stopped at comes first. */
function requeued(plan: Plan, earlier: readonly ExecutedNode[], stopped: ExecutedNode): Frame {
  const frame = newFrame([plan.start.id])
  const outer = earlier.filter(({ data }) => data['parentNodeId'] === undefined)
  for (const row of outer) {
    take(frame, row.nodeId)
    deliver(plan, frame, { ...resultOf(row), id: row.nodeId })
  }
  take(frame, stopped.nodeId)
  frame.queue.unshift({ id: stopped.nodeId, from: stopped.previousNodeIds })
  return frame
}

function take({ queue, waiting }: Frame, id: string): void {
  const index = queue.findIndex((item) => item.id === id)
  if (index !== -1) queue.splice(index, 1)
  else waiting.delete(id)
}

function resultOf({ data }: ExecutedNode): Omit<StepResult, 'stop'> {
  const { input, output, chatHistory, branches, goTo } = data
  return {
    input,
    output: isRecord(output) ? output : {},
    ...(Array.isArray(chatHistory) ? { said: chatHistory as StepResult['said'] & object } : {}),
    ...(Array.isArray(branches) ? { branches: branches as number[] } : {}),
    ...(typeof goTo === 'string' ? { goTo } : {}),
  }
}

function stateOf({ data }: ExecutedNode): State {
  const { state } = data
  return isRecord(state) ? state : {}
}

function nothingStopped(): Failure {
  return new Failure('CONFLICT', 'There is no stopped run in this session to go on with.')
}
