import { Failure } from '../../core/errors.ts'
import type { FlowNode } from '../flow/flow.ts'
import type { ExecutedNode } from '../node/events.ts'
import type { Action } from '../node/human.ts'
import type { FlowResult } from '../node/result.ts'
import type { StepResult } from '../node/step.ts'
import type { Run } from '../run/context.ts'
import { cannotRun } from '../run/problems.ts'
import type { Found } from '../steps/agent.ts'
import { questionOf } from '../talk/question.ts'
import { isRecord } from '../text/paths.ts'
import { charactersIn, createRoom, roomFor } from '../text/room.ts'
import { planAgentflow } from './plan.ts'
import { absorb, deliver, newFrame, type Frame, type Plan } from './progress.ts'
import type { Progress } from './progress.ts'
import { resumeAgentflow, type Resumed } from './resume.ts'
import { tellRow } from './rows.ts'
import { takeStep } from './take.ts'

/** So many nodes run at most, loops and iterations included. */
const maxSteps = 1000

/**
 * Runs an agentflow node by node in the order of a queue. A node that several lead to waits for
 * all that are not behind a decision, and for one of each decision's branches. Each node's start
 * and end, and the record so far, are told as events; the record of a failed run as well. With
 * `humanInput` a stopped run goes on where it stopped, as if it had never been away.
 */
export async function runAgentflow(run: Run): Promise<FlowResult> {
  const plan = planAgentflow(run.flow)
  if (!plan.ok) throw cannotRun(plan.problems)
  const resumed = run.input.humanInput && (await resumeAgentflow(run, plan, run.input.humanInput))
  const progress = resumed?.progress ?? newProgress(run)
  const frame = resumed?.frame ?? newFrame([plan.start.id])
  run.emit({ event: 'agentFlowEvent', data: 'INPROGRESS' })
  const action = await runFrame({ run, plan, progress, frame }, resumed)
  const text = finalText(progress.rows)
  if (action !== undefined) {
    run.emit({ event: 'token', data: text })
    run.emit({ event: 'action', data: action })
  }
  const status = action === undefined ? 'FINISHED' : 'STOPPED'
  run.emit({ event: 'agentFlowEvent', data: status })
  return {
    ...foundBy(progress.rows.at(-1)),
    text,
    sessionId: run.sessionId,
    agentFlowExecutedData: progress.rows,
    status,
    state: progress.state,
    ...(action === undefined ? {} : { action }),
  }
}

interface Walk {
  readonly run: Run
  readonly plan: Plan
  readonly progress: Progress
  readonly frame: Frame
}

interface Step extends Walk {
  readonly node: FlowNode
  readonly from: readonly string[]
  readonly resumed?: Resumed
}

function newProgress(run: Run): Progress {
  return {
    outputs: new Map(),
    rows: [],
    said: [],
    rounds: new Map(),
    forgetsPast: false,
    isQuestionPast: false,
    state: {},
    question: questionOf(run.input),
    room: createRoom(roomFor.record),
  }
}

/** Runs until nothing is left to run, or a person has to decide. */
async function runFrame(walk: Walk, resumed?: Resumed): Promise<Action | undefined> {
  const { run, plan, frame } = walk
  let pending = resumed
  for (let item = next(walk); item !== undefined; item = next(walk)) {
    const node = run.flow.nodes.get(item.id)
    if (node === undefined) continue
    const isResumed = pending?.nodeId === node.id
    const back = isResumed && pending !== undefined ? { resumed: pending } : {}
    const step = { ...walk, node, from: item.from, ...back }
    // What a person said counts once: the next time round the node asks again.
    if (isResumed) pending = undefined
    const result = await recordedStep(step)
    if (result.stop !== undefined) return result.stop.action
    deliver(plan, frame, { ...result, id: node.id })
  }
  return undefined
}

/** The next in the queue; when there is none, one that waits for branches not taken. */
function next({ plan, frame }: Walk): Frame['queue'][number] | undefined {
  const queued = frame.queue.shift()
  if (queued !== undefined) return queued
  const released = [...frame.waiting].find(([id, delivered]) => {
    const { all = [], groups = [], isNested = false } = plan.requirements.get(id) ?? {}
    const hasGroup = groups.some((group) => group.some((parent) => delivered.has(parent)))
    return isNested && hasGroup && all.every((parent) => delivered.has(parent))
  })
  if (released === undefined) return undefined
  const [id, delivered] = released
  frame.waiting.delete(id)
  return { id, from: [...delivered] }
}

/** Runs a node and writes its row, whether it goes well or not. */
async function recordedStep(step: Step): Promise<StepResult> {
  const { run, node, progress } = step
  try {
    run.signal.throwIfAborted()
    if (progress.rows.length >= maxSteps) throw tooManySteps()
    const { id: nodeId, label: nodeLabel } = node
    run.emit({ event: 'nextAgentFlow', data: { nodeId, nodeLabel, status: 'INPROGRESS' } })
    const result = await takeStep(step, (item, index) => iterate(step, item, index))
    progress.room(charactersIn([result, progress.state]))
    const isStop = result.stop !== undefined
    if (isStop && step.frame.iteration !== undefined) throw nobodyToAsk()
    if (!isStop) absorb(progress, node, result)
    tellRow(step, { status: isStop ? 'STOPPED' : 'FINISHED', result })
    return result
  } catch (error) {
    tellFailure(step, error)
    throw error
  }
}

function tellFailure(step: Step, error: unknown): void {
  const { run, progress, frame, resumed } = step
  const status = run.signal.aborted ? 'TERMINATED' : 'ERROR'
  const words = error instanceof Failure ? error.message : 'This node failed.'
  const sentence = run.signal.aborted ? 'Flow execution was cancelled' : run.secrets.scrub(words)
  // So that a person can try again.
  if (resumed !== undefined) progress.rows.push(resumed.row)
  tellRow(step, { status, error: sentence })
  if (frame.iteration === undefined) run.emit({ event: 'agentFlowEvent', data: status })
}

/** Runs the nodes inside an iteration for one item; what fails there becomes the item's text. */
async function iterate(step: Step, item: unknown, index: number): Promise<string> {
  const { run, plan, progress, node } = step
  const frame = newFrame(plan.inner.get(node.id) ?? [], { nodeId: node.id, index, item })
  const before = progress.rows.length
  try {
    await runFrame({ run, plan, progress, frame })
    return progress.rows.length === before ? '' : finalText(progress.rows).trim()
  } catch (error) {
    const isFinal = run.signal.aborted || progress.rows.length >= maxSteps
    if (isFinal || !(error instanceof Failure)) throw error
    return `Item ${index + 1} failed: ${run.secrets.scrub(error.message)}`
  }
}

/** The last node's content; a blank when it has none, as clients of such flows expect. */
function finalText(rows: readonly ExecutedNode[]): string {
  const output = rows.at(-1)?.data['output'] as { content?: unknown } | undefined
  const content = output?.content
  if (content === undefined || content === null || content === '') return ' '
  return typeof content === 'string' ? content : JSON.stringify(content)
}

/** What the last node's answer came with. */
function foundBy(row: ExecutedNode | undefined): Found {
  const output = row?.data['output']
  const kinds = ['usedTools', 'sourceDocuments', 'artifacts'] as const
  const lists = kinds.map((kind) => [kind, isRecord(output) ? output[kind] : undefined] as const)
  return Object.fromEntries(lists.filter(([, list]) => Array.isArray(list) && list.length > 0))
}

function tooManySteps(): Failure {
  return new Failure('UNPROCESSABLE', `The flow was stopped after ${maxSteps} steps.`)
}

function nobodyToAsk(): Failure {
  return new Failure('UNPROCESSABLE', 'Nobody can be asked inside an iteration.')
}
