import type { FlowNode } from '../flow/flow.ts'
import type { RunStatus } from '../node/events.ts'
import type { ExecutedNode } from '../node/events.ts'
import type { StepResult } from '../node/step.ts'
import type { Run } from '../run/context.ts'
import { credentialKey } from '../run/node-context.ts'
import { withoutKeys } from '../text/secrets.ts'
import type { Frame, Progress } from './progress.ts'

/** Writes a node's row, free of credential ids and secrets, and tells of it and of the record so far. */
export function tellRow(
  step: {
    readonly run: Run
    readonly progress: Progress
    readonly frame: Frame
    readonly node: FlowNode
    readonly from: readonly string[]
  },
  end: { readonly status: RunStatus; readonly result?: StepResult; readonly error?: string },
): void {
  const { run, progress, node } = step
  const facts = { nodeId: node.id, nodeLabel: node.label }
  const why = end.error === undefined ? {} : { error: end.error }
  const data = {
    id: node.id,
    name: node.name,
    ...(end.result === undefined ? {} : resultData(end.result)),
    ...why,
    state: progress.state,
    ...iterationData(step.frame),
  }
  const { status } = end
  const kept = withoutKeys(data, (key) => key === credentialKey) as ExecutedNode['data']
  const row: ExecutedNode = {
    ...facts,
    data: run.secrets.redact(kept),
    previousNodeIds: step.from,
    status,
  }
  progress.rows.push(row)
  run.emit({ event: 'nextAgentFlow', data: { ...facts, status, ...why } })
  run.emit({ event: 'agentFlowExecutedData', data: [...progress.rows] })
}

/** With what a later run needs to go on from here: the branches taken, where a loop went. */
function resultData({ input, output, said, branches, goTo }: StepResult) {
  return {
    input,
    output,
    ...(said === undefined ? {} : { chatHistory: said }),
    ...(branches === undefined ? {} : { branches }),
    ...(goTo === undefined ? {} : { goTo }),
  }
}

function iterationData({ iteration }: Frame) {
  if (iteration === undefined) return {}
  const { nodeId, index, item } = iteration
  return {
    iterationIndex: index,
    iterationContext: { index, item },
    parentNodeId: nodeId,
  }
}
