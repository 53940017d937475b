import type { ExecutedNode } from '../node/events.ts'
import type { ChatMessage } from '../node/instances.ts'
import type { Output, State, StepResult } from '../node/step.ts'
import type { Room } from '../text/room.ts'
import type { AgentflowPlan, Requirement } from './plan.ts'

export type Plan = Extract<AgentflowPlan, { ok: true }>

/** What changes while an agentflow runs, iterations included. */
export interface Progress {
  readonly outputs: Map<string, Output>
  readonly rows: ExecutedNode[]
  /** For the rows. */
  readonly room: Room
  readonly said: ChatMessage[]
  /** Node id to the times it has run. */
  readonly rounds: Map<string, number>
  /** Id of the loop that ran last. */
  latestLoop?: string
  forgetsPast: boolean
  /** The run goes on after a stop, up to which the session remembers it. */
  readonly isQuestionPast: boolean
  state: State
  question: string
}

/** Where a run stands among the nodes of the flow, or among those of one iteration. */
export interface Frame {
  readonly queue: { readonly id: string; readonly from: readonly string[] }[]
  /** Node id to the parents that have delivered to it since it last ran. */
  readonly waiting: Map<string, Set<string>>
  readonly iteration?: Iteration
}

export interface Iteration {
  readonly nodeId: string
  readonly index: number
  readonly item: unknown
}

export function newFrame(starts: readonly string[], iteration?: Iteration): Frame {
  return {
    queue: starts.map((id) => ({ id, from: [] })),
    waiting: new Map(),
    ...(iteration === undefined ? {} : { iteration }),
  }
}

/** Takes over what a node left for those after it. */
export function absorb(
  progress: Progress,
  node: { readonly id: string; readonly name: string },
  result: Pick<StepResult, 'output' | 'state' | 'said' | 'forgetsPast'>,
): void {
  progress.outputs.set(node.id, result.output)
  progress.state = result.state ?? progress.state
  progress.said.push(...(result.said ?? []))
  progress.forgetsPast ||= result.forgetsPast === true
  progress.rounds.set(node.id, (progress.rounds.get(node.id) ?? 0) + 1)
  if (node.name === 'loopAgentflow') progress.latestLoop = node.id
}

/** Passes a node's result to those that follow, and queues the ones that wait no longer. */
export function deliver(
  plan: Plan,
  frame: Frame,
  { id, branches, goTo }: { readonly id: string } & Pick<StepResult, 'branches' | 'goTo'>,
): void {
  if (goTo !== undefined) {
    frame.queue.push({ id: goTo, from: [id] })
    return
  }
  const ways = plan.ways.get(id) ?? []
  const taken = ways.filter(({ branch }) => branches?.includes(branch) ?? true)
  for (const target of new Set(taken.map((way) => way.target))) {
    const delivered = frame.waiting.get(target) ?? new Set()
    delivered.add(id)
    frame.waiting.set(target, delivered)
    const requirement = plan.requirements.get(target)
    if (requirement !== undefined && isMet(requirement, delivered)) {
      frame.waiting.delete(target)
      frame.queue.push({ id: target, from: [...delivered] })
    }
  }
}

function isMet({ all, groups }: Requirement, delivered: ReadonlySet<string>): boolean {
  return (
    all.every((id) => delivered.has(id)) &&
    groups.every((group) => group.some((id) => delivered.has(id)))
  )
}
