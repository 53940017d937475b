import { nodeTitle, type FlowNode } from '../flow/flow.ts'
import type { Answer, FlowResult } from '../node/result.ts'
import { findNode } from '../nodes/index.ts'
import type { Run } from '../run/context.ts'
import { nodeContext } from '../run/node-context.ts'
import { cannotRun, type Problem } from '../run/problems.ts'
import { withoutUntaken } from './branches.ts'
import { createParts, type Parts } from './parts.ts'
import { planChatflow, type ChatflowPlan } from './plan.ts'

/**
 * Runs a chatflow: its ending node asks for what its inputs refer to, those nodes for what theirs
 * refer to, and so on; each is built at most once, and what nobody asks for is not built.
 */
export async function runChatflow(run: Run): Promise<FlowResult> {
  // Judged as a whole first: a flow with a node that is not known builds nothing.
  const whole = needPlan(planChatflow(run.flow))
  const parts = createParts(run)
  const flow = await withoutUntaken(run.flow, parts.build)
  const { ending, steps } = flow === run.flow ? whole : needPlan(planChatflow(flow))
  const answer = await endWith(ending, run, parts)
  const memory = steps.find(({ name }) => findNode(name)?.category === 'Memory')
  const published = Object.fromEntries(parts.published)
  return {
    ...answer,
    sessionId: run.sessionId,
    ...(memory === undefined ? {} : { memoryType: memory.label }),
    ...(parts.published.size === 0 ? {} : { flowVariables: published }),
  }
}

async function endWith(ending: FlowNode, run: Run, parts: Parts): Promise<Answer> {
  const definition = findNode(ending.name)
  if (definition?.run === undefined) throw cannotRun([notAnEnding(ending)])
  const { inputs, hasCredential } = await parts.resolve(ending, definition)
  run.signal.throwIfAborted()
  const context = nodeContext(run, ending, { isLast: true, hasCredential })
  return definition.run(inputs, { ...context, ...parts.variables })
}

function needPlan(plan: ChatflowPlan): Extract<ChatflowPlan, { ok: true }> {
  if (!plan.ok) throw cannotRun(plan.problems)
  return plan
}

function notAnEnding(node: FlowNode): Problem {
  return {
    code: 'not-runnable',
    nodeId: node.id,
    nodeName: node.name,
    message: `The flow cannot end with the node ${nodeTitle(node)} of type ${node.name}.`,
  }
}
