import { Failure } from '../../core/errors.ts'
import { nodeTitle, type FlowNode } from '../flow/flow.ts'
import type { NodeContext } from './context.ts'
import { Misfit, type Inputs, type InputsOf } from './inputs.ts'
import type { Answer, UpsertResult } from './result.ts'
import type { StepContext, StepResult } from './step.ts'
import type { TurnContext, TurnResult } from './turn.ts'

interface NodeFacts {
  readonly name: string
  readonly label: string
  readonly version: number
  readonly category: string
  readonly description: string
  /** Other names by which flows know it. */
  readonly aliases?: readonly string[]
  /** The credential type it takes. */
  readonly credential?: string
  /** Its outputs are branches, of which a run takes some. */
  readonly decides?: boolean
  /** A chain whose answer does not come piece by piece. */
  readonly answersWhole?: boolean
}

interface NodeCode<S extends Inputs> {
  readonly inputs: S
  /** Throws where the inputs alone tell that the node cannot run; before it does, and ahead of time. */
  readonly check?: (inputs: InputsOf<S>, node: FlowNode) => void
  /**
   * Throws for what the node lacks when it gets to work and can do without until then; asked ahead of
   * time only.
   */
  readonly ready?: (inputs: InputsOf<S>, context: NodeContext) => Promise<unknown>
  /** What other nodes get when they refer to this one. */
  readonly build?: (inputs: InputsOf<S>, context: NodeContext) => Promise<unknown>
  /** The answer, when a chatflow ends here. */
  readonly run?: (inputs: InputsOf<S>, context: NodeContext) => Promise<Answer>
  /** One step of an agentflow. */
  readonly step?: (inputs: InputsOf<S>, context: StepContext) => Promise<StepResult>
  /** One turn of a member of a team. */
  readonly turn?: (inputs: InputsOf<S>, context: TurnContext) => Promise<TurnResult>
  /** What a vector upsert that stops here adds. */
  readonly upsert?: (inputs: InputsOf<S>, context: NodeContext) => Promise<UpsertResult>
}

type RawInputs = Readonly<Record<string, unknown>>

/** A node kind as the runners see it: it takes resolved values, not yet read by type. */
export interface NodeDefinition extends NodeFacts {
  readonly inputs: Inputs
  /** @throws Failure UNPROCESSABLE for inputs that do not fit, or with which it cannot run. */
  readonly check: (raw: RawInputs, node: FlowNode) => void
  readonly ready?: (raw: RawInputs, context: NodeContext) => Promise<unknown>
  readonly build?: (raw: RawInputs, context: NodeContext) => Promise<unknown>
  readonly run?: (raw: RawInputs, context: NodeContext) => Promise<Answer>
  readonly step?: (raw: RawInputs, context: StepContext) => Promise<StepResult>
  readonly turn?: (raw: RawInputs, context: TurnContext) => Promise<TurnResult>
  readonly upsert?: (raw: RawInputs, context: NodeContext) => Promise<UpsertResult>
}

/**
 * Declares a node kind. Its code sees values of the types that `inputs` declares; a value that
 * does not fit fails as UNPROCESSABLE, naming the node and the input.
 */
export function defineNode<const S extends Inputs>(
  definition: NodeFacts & NodeCode<S>,
): NodeDefinition {
  const { inputs, check, ready, build, run, step, turn, upsert, ...facts } = definition
  const checked = (raw: RawInputs, node: FlowNode): InputsOf<S> => {
    const values = readInputs(inputs, raw, node)
    check?.(values, node)
    return values
  }
  const typed =
    <C extends NodeContext, R>(code: (values: InputsOf<S>, context: C) => Promise<R>) =>
    async (raw: RawInputs, context: C): Promise<R> =>
      code(checked(raw, context.node), context)
  return {
    ...facts,
    inputs,
    check: (raw, node) => void checked(raw, node),
    ...(ready === undefined ? {} : { ready: typed(ready) }),
    ...(build === undefined ? {} : { build: typed(build) }),
    ...(run === undefined ? {} : { run: typed(run) }),
    ...(step === undefined ? {} : { step: typed(step) }),
    ...(turn === undefined ? {} : { turn: typed(turn) }),
    ...(upsert === undefined ? {} : { upsert: typed(upsert) }),
  }
}

function readInputs<S extends Inputs>(specs: S, raw: RawInputs, node: FlowNode): InputsOf<S> {
  const values = Object.entries(specs).map(([name, spec]) => {
    try {
      return [name, spec.read(raw[name])] as const
    } catch (error) {
      if (!(error instanceof Misfit)) throw error
      const sentence = `The node ${nodeTitle(node)} cannot run: its input "${name}" ${error.message}.`
      throw new Failure('UNPROCESSABLE', sentence)
    }
  })
  return Object.fromEntries(values) as InputsOf<S>
}
