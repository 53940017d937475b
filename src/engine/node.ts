import { Failure } from '../core/errors.ts'
import type { HumanInput, StepContext, StepResult } from './agentflow-step.ts'
import type { Emit } from './events.ts'
import { nodeTitle, type FlowNode } from './flow.ts'
import { Misfit, type Inputs, type InputsOf } from './inputs.ts'
import type { Image } from './instances.ts'
import type { HistoryMessage, Ports } from './ports.ts'
import type { Answer } from './result.ts'
import type { TurnContext, TurnResult } from './team-turn.ts'

/** What the caller sent, already judged by the prediction that starts the run. */
export interface RunInput {
  readonly question?: string
  readonly form?: Readonly<Record<string, unknown>>
  readonly chatId: string
  /** The session the request names, before the flow has its say; see `sessionOf`. */
  readonly sessionId?: string
  /** Id the reply's message will have, where it is known already. */
  readonly apiMessageId?: string
  /** Sent along by the caller; stands before what is stored. */
  readonly history?: readonly HistoryMessage[]
  readonly overrideConfig?: Readonly<Record<string, unknown>>
  /** The caller reads the answer piece by piece. */
  readonly streaming?: boolean
  readonly uploads?: readonly Upload[]
  /** Files for the loaders of an upsert. */
  readonly files?: readonly LoaderFile[]
  /** A decision on the run that stopped in this session. */
  readonly humanInput?: HumanInput
}

/** A file that came with the question. */
export interface Upload {
  readonly name: string
  /** A media type such as `image/png`. */
  readonly mime: string
  /** A data URI, base64, or an http URL. */
  readonly data: string
}

/** An uploaded file with the id of the node that loads it. */
export interface LoaderFile extends Upload {
  readonly loader: string
}

/** The world of one node within one run. */
export interface NodeContext {
  readonly node: FlowNode
  readonly input: RunInput
  readonly ports: Ports
  readonly signal: AbortSignal
  readonly sessionId: string
  /** Tells the caller of the run; a node that is not the last one is not heard. */
  readonly emit: Emit
  /** Whether somebody hears what this node says piece by piece. */
  readonly isHeard: boolean
  /** Pictures that came with the question. */
  readonly images: readonly Image[]
  /** Values behind `$vars` and `$flow`, for code. */
  readonly variables: Readonly<Record<string, string>>
  readonly facts: Readonly<Record<string, unknown>>
  /** Fields of the node's credential; none when it has no credential or lost it to an override. */
  credential(): Promise<Readonly<Record<string, string>>>
  history(): Promise<readonly HistoryMessage[]>
  /** What a set-variable node of the chatflow keeps; undefined when none has the name. */
  keptVariable(name: string): Promise<unknown>
  /** Shows a value to the caller besides the answer. */
  publish(name: string, value: unknown): void
  /** From now on this value appears in no message of the run. */
  conceal(secret: string): void
}

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
}

interface NodeCode<S extends Inputs> {
  readonly inputs: S
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

export interface UpsertResult {
  readonly numAdded: number
  readonly numUpdated: number
  readonly numSkipped: number
  readonly numDeleted: number
  readonly addedDocs: readonly {
    readonly pageContent: string
    readonly metadata: Readonly<Record<string, unknown>>
  }[]
}

type RawInputs = Readonly<Record<string, unknown>>

/** A node kind as the runners see it: it takes resolved values, not yet read by type. */
export interface NodeDefinition extends NodeFacts {
  readonly inputs: Inputs
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
  const { inputs, build, run, step, turn, upsert, ...facts } = definition
  const typed =
    <C extends NodeContext, R>(code: (values: InputsOf<S>, context: C) => Promise<R>) =>
    async (raw: RawInputs, context: C): Promise<R> =>
      code(readInputs(inputs, raw, context.node), context)
  return {
    ...facts,
    inputs,
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
