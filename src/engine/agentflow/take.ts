import { Failure } from '../../core/errors.ts'
import { nodeTitle, type FlowNode } from '../flow/flow.ts'
import type { OverriddenNode } from '../flow/overrides.ts'
import { createTally, noUsage } from '../model/usage.ts'
import type { Input } from '../node/inputs.ts'
import type { Output, StepContext, StepResult } from '../node/step.ts'
import { findNode } from '../nodes/index.ts'
import { overridden, type Run } from '../run/context.ts'
import { nodeContext } from '../run/node-context.ts'
import { cannotRun, unknownNodes } from '../run/problems.ts'
import { resolveStepInput, type AgentflowScope } from '../run/references.ts'
import { messagesOf } from '../talk/history.ts'
import { createRoom, roomFor } from '../text/room.ts'
import { buildPart, readEarly } from './parts.ts'
import type { Frame, Plan, Progress } from './progress.ts'
import type { Resumed } from './resume.ts'

interface Step {
  readonly run: Run
  readonly plan: Plan
  readonly progress: Progress
  readonly frame: Frame
  readonly node: FlowNode
  readonly resumed?: Resumed
}

/** Resolves a node's inputs and runs it once. */
export async function takeStep(step: Step, iterate: StepContext['iterate']): Promise<StepResult> {
  const { run, node } = step
  const definition = findNode(node.name)
  if (definition === undefined) throw cannotRun(unknownNodes([node]))
  if (definition.step === undefined) {
    const sentence = `The node ${nodeTitle(node)} of type ${node.name} cannot run in an agentflow.`
    throw new Failure('UNPROCESSABLE', sentence)
  }
  const drawn = overridden(run, node, definition)
  const scope = scopeOf(step)
  const entries = Object.entries(drawn.inputs).map(async ([name, value]) => {
    const spec = Object.hasOwn(definition.inputs, name) ? definition.inputs[name] : undefined
    // What a caller put in is data: a reference in it could read what the author keeps to himself.
    if (drawn.names.has(name) || !takesVariables(node, spec, name)) return [name, value] as const
    const parsed = /^(json|array)$/.test(spec?.type ?? '') ? readEarly(value) : value
    return [name, await resolveStepInput(parsed, scope, parsed !== value)] as const
  })
  const raw = Object.fromEntries(await Promise.all(entries))
  return definition.step(raw, contextOf(step, { drawn, scope, iterate }))
}

/**
 * By what is known here of the input, or by what the canvas that drew the node says of it. Code never
 * does: a question in it would be code.
 */
function takesVariables(node: FlowNode, spec: Input<unknown> | undefined, name: string): boolean {
  const drawn = node.params.find((param) => param.name === name)
  if (spec?.type === 'code' || drawn?.type === 'code') return false
  return spec?.acceptVariable === true || drawn?.acceptVariable === true
}

function contextOf(
  step: Step,
  how: {
    readonly drawn: OverriddenNode
    readonly scope: AgentflowScope
    readonly iterate: StepContext['iterate']
  },
): StepContext {
  const { plan, progress, frame, node, resumed } = step
  const { drawn, scope, iterate } = how
  const tally = createTally(step.run.spend)
  const facts = { ...step.run.facts, state: progress.state }
  const run = { ...step.run, spend: tally.spend, facts }
  const isLast = plan.ways.get(node.id)?.length === 0 && frame.iteration === undefined
  return {
    ...nodeContext(run, node, { isLast, hasCredential: !drawn.dropsCredential }),
    flow: run.flow,
    state: progress.state,
    question: progress.question,
    replaced: drawn.names,
    said: [...progress.said],
    isQuestionPast: progress.isQuestionPast,
    past: async () => (progress.forgetsPast ? [] : messagesOf(await run.history())),
    spent: () => tally.total() ?? noUsage,
    round: (progress.rounds.get(node.id) ?? 0) + 1,
    ...(resumed === undefined
      ? {}
      : { resumed: { human: resumed.human, output: outputOf(resumed) } }),
    build: (kind, part) =>
      buildPart(run, kind, {
        node,
        part,
        isReplaced: part.from.some((name) => drawn.names.has(name)),
        resolve: (value, wasJson) => resolveStepInput(value, scope, wasJson),
      }),
    settle: async (name, output) => {
      const value = drawn.inputs[name]
      return drawn.names.has(name) ? value : resolveStepInput(value, { ...scope, result: output })
    },
    iterate,
  }
}

function outputOf({ row }: Resumed): Output {
  return (row.data['output'] ?? {}) as Output
}

function scopeOf({ run, progress, frame }: Step): AgentflowScope {
  const { latestLoop } = progress
  const loops = latestLoop === undefined ? 0 : (progress.rounds.get(latestLoop) ?? 0)
  return {
    question: progress.question,
    form: run.input.form ?? savedForm(progress),
    history: [...(progress.forgetsPast ? [] : messagesOf(run.mentionedHistory)), ...progress.said],
    fileText: run.fileText,
    // The first of them is the question.
    messagesInRun: Math.max(0, progress.said.length - 1),
    variables: run.variables,
    flow: { ...run.facts, state: progress.state },
    now: () => run.ports.clock.now(),
    room: createRoom(roomFor.inputs),
    loopCount: loops,
    ...(frame.iteration === undefined ? {} : { iteration: frame.iteration.item }),
    output: (id) => progress.outputs.get(id),
  }
}

/** The form of the request that a resumed run, or an earlier one of the session, began with. */
function savedForm({ outputs }: Progress): Readonly<Record<string, unknown>> {
  const forms = [...outputs.values()].map(({ form }) => form)
  const form = forms.find((value) => typeof value === 'object' && value !== null)
  return (form ?? {}) as Readonly<Record<string, unknown>>
}
