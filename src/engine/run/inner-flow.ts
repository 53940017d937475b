import { Failure } from '../../core/errors.ts'
import { nodeTitle, parseFlow, type FlowNode } from '../flow/flow.ts'
import { namingNode } from '../node/naming.ts'
import type { Ports } from '../node/ports.ts'
import type { FlowResult } from '../node/result.ts'
import type { RunInput } from '../node/run-input.ts'
import type { RunRequest } from './request.ts'

/** Flows within flows, the outermost not counted. */
const maxDepth = 5

/** The run around, and how the inner one is run. */
export interface OuterRun extends RunRequest {
  readonly spend: NonNullable<RunRequest['spend']>
  readonly runFlow: (request: RunRequest) => Promise<FlowResult>
}

/**
 * Runs another flow of the workspace inside a run; its events are not heard.
 * @throws Failure UNPROCESSABLE when a flow would run inside itself, too deep, or wants a person.
 */
export async function runInnerFlow(
  run: OuterRun,
  { id, input, node }: { readonly id: string; readonly input: RunInput; readonly node: FlowNode },
): Promise<FlowResult> {
  const { ancestors = [], flow, ports, signal, spend } = run
  const chain = [...ancestors, flow.id]
  const refuse = (why: string) => refusal(node, why)
  if (chain.includes(id)) throw refuse('a flow cannot run inside itself.')
  if (chain.length > maxDepth) throw refuse(`flows run at most ${maxDepth} deep in each other.`)
  const source = await chosenFlow(ports, { id, node })
  const result = await run.runFlow({
    flow: parseFlow(source),
    input,
    // Conversations belong to a flow; what is stored is the outer flow's.
    ports: { ...ports, history: async () => [], savedRun: async () => undefined },
    signal,
    emit: () => undefined,
    spend,
    ancestors: chain,
  })
  if (result.status === 'STOPPED') throw refuse(`the flow "${source.name}" asks a person.`)
  return result
}

/** The flow that a node names. @throws Failure UNPROCESSABLE when it names none that is there. */
export async function chosenFlow(
  ports: Pick<Ports, 'flow'>,
  { id, node }: { readonly id: string; readonly node: FlowNode },
): ReturnType<Ports['flow']> {
  if (id === '') throw refusal(node, 'no flow is chosen.')
  return namingNode(node, () => ports.flow(id))
}

function refusal(node: FlowNode, why: string): Failure {
  return new Failure('UNPROCESSABLE', `The node ${nodeTitle(node)} cannot run: ${why}`)
}
