import { Failure } from '../core/errors.ts'
import { planAgentflow, type AgentflowPlan, type Requirement } from './agentflow-plan.ts'
import { cannotRun } from './chatflow.ts'
import { nodeContext, overridden, type Run } from './context.ts'
import type { RunStatus } from './events.ts'
import { nodeTitle, type FlowNode } from './flow.ts'
import type { StepResult } from './node.ts'
import { findNode } from './nodes/index.ts'
import type { ExecutedNode, FlowResult } from './result.ts'
import { withoutKeys } from './secrets.ts'
import { resolveStepInput, type AgentflowScope } from './variables.ts'

type Plan = Extract<AgentflowPlan, { ok: true }>

/** What changes while an agentflow runs. */
interface Progress {
  readonly queue: { readonly id: string; readonly from: readonly string[] }[]
  /** Node id to the parents that have delivered to it since it last ran. */
  readonly waiting: Map<string, Set<string>>
  readonly outputs: Map<string, Readonly<Record<string, unknown>>>
  readonly rows: ExecutedNode[]
  state: Readonly<Record<string, unknown>>
}

/** So many nodes run at most, loops included. */
const maxSteps = 1000

/**
 * Runs an agentflow node by node in the order of a queue. A node that several lead to waits for
 * all that are not behind a decision, and for one of each decision's branches. Each node's start
 * and end, and the record so far, are told as events; the record of a failed run as well.
 */
export async function runAgentflow(run: Run): Promise<FlowResult> {
  const plan = planAgentflow(run.flow)
  if (!plan.ok) throw cannotRun(plan.problems)
  const progress: Progress = {
    queue: [{ id: plan.start.id, from: [] }],
    waiting: new Map(),
    outputs: new Map(),
    rows: [],
    state: {},
  }
  run.emit({ event: 'agentFlowEvent', data: 'INPROGRESS' })
  for (let item = progress.queue.shift(); item !== undefined; item = progress.queue.shift()) {
    const node = run.flow.nodes.get(item.id)
    if (node === undefined) continue
    const result = await recordedStep(run, { plan, progress, node, from: item.from })
    deliver(plan, { progress, node, result })
  }
  run.emit({ event: 'agentFlowEvent', data: 'FINISHED' })
  return {
    text: finalText(progress.rows),
    sessionId: run.sessionId,
    agentFlowExecutedData: progress.rows,
  }
}

interface Step {
  readonly plan: Plan
  readonly progress: Progress
  readonly node: FlowNode
  readonly from: readonly string[]
}

/** Runs a node and writes its row, whether it goes well or not. */
async function recordedStep(run: Run, step: Step): Promise<StepResult> {
  const { node, progress } = step
  const tell = (status: RunStatus, data: Readonly<Record<string, unknown>>, error?: string) => {
    const facts = { nodeId: node.id, nodeLabel: node.label }
    const clean = withoutKeys(data, (key) => key === 'FLOWISE_CREDENTIAL_ID')
    progress.rows.push({
      ...facts,
      data: clean as Readonly<Record<string, unknown>>,
      previousNodeIds: step.from,
      status,
    })
    const why = error === undefined ? {} : { error }
    run.emit({ event: 'nextAgentFlow', data: { ...facts, status, ...why } })
    run.emit({ event: 'agentFlowExecutedData', data: [...progress.rows] })
  }
  const named = { id: node.id, name: node.name }
  try {
    run.signal.throwIfAborted()
    if (progress.rows.length >= maxSteps) throw tooManySteps()
    const { id: nodeId, label: nodeLabel } = node
    run.emit({ event: 'nextAgentFlow', data: { nodeId, nodeLabel, status: 'INPROGRESS' } })
    const result = await takeStep(run, step)
    progress.state = result.state ?? progress.state
    progress.outputs.set(node.id, result.output)
    const { input, output } = result
    tell('FINISHED', { ...named, input, output, state: progress.state })
    return result
  } catch (error) {
    const status = run.signal.aborted ? 'TERMINATED' : 'ERROR'
    const words = error instanceof Failure ? error.message : 'This node failed.'
    const sentence = run.signal.aborted ? 'Flow execution was cancelled' : run.secrets.scrub(words)
    tell(status, { ...named, state: progress.state, error: sentence }, sentence)
    run.emit({ event: 'agentFlowEvent', data: status })
    throw error
  }
}

async function takeStep(run: Run, { plan, progress, node }: Step): Promise<StepResult> {
  const definition = findNode(node.name)
  if (definition?.step === undefined) {
    const sentence = `The node ${nodeTitle(node)} of type ${node.name} cannot run in an agentflow.`
    throw new Failure('UNPROCESSABLE', sentence)
  }
  const { inputs, names, dropsCredential } = overridden(run, node, definition)
  const scope = scopeOf(run, progress)
  const entries = Object.entries(inputs).map(async ([name, value]) => {
    const spec = Object.hasOwn(definition.inputs, name) ? definition.inputs[name] : undefined
    const isLiteral = names.has(name) || spec?.acceptVariable !== true
    return [name, isLiteral ? value : await resolveStepInput(value, scope)] as const
  })
  const isLast = plan.ways.get(node.id)?.length === 0
  const context = nodeContext(run, node, { isLast, hasCredential: !dropsCredential })
  const raw = Object.fromEntries(await Promise.all(entries))
  return definition.step(raw, { ...context, state: progress.state })
}

function scopeOf(run: Run, progress: Progress): AgentflowScope {
  return {
    question: run.input.question ?? '',
    form: run.input.form ?? {},
    history: run.mentionedHistory,
    variables: run.variables,
    flow: { ...run.facts, state: progress.state },
    now: () => run.ports.clock.now(),
    output: (id) => progress.outputs.get(id),
  }
}

/** Passes a node's result to those that follow, and queues the ones that wait no longer. */
function deliver(
  plan: Plan,
  { progress, node, result }: { progress: Progress; node: FlowNode; result: StepResult },
): void {
  const ways = plan.ways.get(node.id) ?? []
  const taken = ways.filter(({ branch }) => result.branches?.includes(branch) ?? true)
  for (const target of new Set(taken.map((way) => way.target))) {
    const delivered = progress.waiting.get(target) ?? new Set()
    delivered.add(node.id)
    progress.waiting.set(target, delivered)
    const requirement = plan.requirements.get(target)
    if (requirement !== undefined && isMet(requirement, delivered)) {
      progress.waiting.delete(target)
      progress.queue.push({ id: target, from: [...delivered] })
    }
  }
}

function isMet({ all, groups }: Requirement, delivered: ReadonlySet<string>): boolean {
  return (
    all.every((id) => delivered.has(id)) &&
    groups.every((group) => group.some((id) => delivered.has(id)))
  )
}

/** The last node's content; a blank when it has none, as clients of such flows expect. */
function finalText(rows: readonly ExecutedNode[]): string {
  const output = rows.at(-1)?.data['output'] as { content?: unknown } | undefined
  const content = output?.content
  if (content === undefined || content === null || content === '') return ' '
  return typeof content === 'string' ? content : JSON.stringify(content)
}

function tooManySteps(): Failure {
  return new Failure('UNPROCESSABLE', `The flow was stopped after ${maxSteps} steps.`)
}
