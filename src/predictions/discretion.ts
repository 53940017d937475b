import type { Ctx } from '../context.ts'
import type { FlowEvent } from '../engine/node/events.ts'
import type { ExecutedNode } from '../engine/node/events.ts'
import type { FlowResult } from '../engine/node/result.ts'

/**
 * What strangers are told of how a public flow came to its answer: which steps ran and what each
 * said, but neither prompts nor state. Everybody else is told all.
 */
export interface Discretion {
  event(event: FlowEvent): FlowEvent
  result(result: FlowResult): FlowResult
}

export function discretionFor(ctx: Pick<Ctx, 'admitted'>, demandedId: string): Discretion {
  const isStranger = ctx.admitted.get(demandedId)?.admittedAs !== 'principal'
  if (!isStranger) return { event: (event) => event, result: (result) => result }
  return {
    event: (event) =>
      event.event === 'agentFlowExecutedData'
        ? { ...event, data: event.data.map(withoutInnards) }
        : event,
    result({ state: _state, agentFlowExecutedData: steps, ...rest }) {
      return steps ? { ...rest, agentFlowExecutedData: steps.map(withoutInnards) } : rest
    },
  }
}

function withoutInnards(step: ExecutedNode): ExecutedNode {
  const { id, name, output } = step.data
  const content =
    typeof output === 'object' && output !== null && 'content' in output ? output.content : null
  return { ...step, data: { id, name, output: { content } } }
}
