import { Failure } from '../core/errors.ts'
import { nodeContext, overridden, type Run } from './context.ts'
import { nodeTitle, type FlowNode } from './flow.ts'
import { limits, withinLimit } from './limits.ts'
import type { NodeDefinition } from './node.ts'
import { findNode } from './nodes/index.ts'
import { planChatflow, type Problem } from './plan.ts'
import type { FlowResult } from './result.ts'
import { resolveInput, type ChatflowScope } from './variables.ts'

/**
 * Runs a chatflow: its ending node asks for what its inputs refer to, those nodes for what theirs
 * refer to, and so on; each is built at most once, and what nobody asks for is not built.
 */
export async function runChatflow(run: Run): Promise<FlowResult> {
  const plan = planChatflow(run.flow)
  if (!plan.ok) throw cannotRun(plan.problems)
  const planned = new Map(plan.steps.map((node) => [node.id, node]))
  const built = new Map<string, Promise<unknown>>()

  const scope: ChatflowScope = {
    question: run.input.question ?? '',
    history: run.mentionedHistory,
    fileText: run.fileText,
    variables: run.variables,
    flow: run.facts,
    instance: (id) => {
      const node = planned.get(id)
      if (node === undefined) return undefined
      const known = built.get(id) ?? build(node)
      built.set(id, known)
      return known
    },
  }
  const build = async (node: FlowNode): Promise<unknown> => {
    const definition = definitionOf(node)
    if (definition.build === undefined) throw cannotRun([notAPart(node)])
    const { inputs, hasCredential } = await resolved(run, { node, definition, scope })
    const context = nodeContext(run, node, { isLast: false, hasCredential })
    const { build: code } = definition
    const limit = { ms: limits.node, signals: [run.signal], late: () => tooLate(node) }
    return withinLimit(limit, async (signal) => code(inputs, { ...context, signal }))
  }

  const definition = definitionOf(plan.ending)
  if (definition.run === undefined) throw cannotRun([notAnEnding(plan.ending)])
  const { inputs, hasCredential } = await resolved(run, { node: plan.ending, definition, scope })
  run.signal.throwIfAborted()
  const context = nodeContext(run, plan.ending, { isLast: true, hasCredential })
  const answer = await definition.run(inputs, context)
  const memory = plan.steps.map(definitionOf).find(({ category }) => category === 'Memory')
  return {
    ...answer,
    sessionId: run.sessionId,
    ...(memory === undefined ? {} : { memoryType: memory.label }),
  }
}

/** One Failure UNPROCESSABLE out of everything that keeps a flow from running. */
export function cannotRun(problems: readonly Problem[]): Failure {
  const shown = problems.slice(0, 5).map(({ message }) => message)
  const more = problems.length > 5 ? ` There are ${problems.length - 5} more.` : ''
  return new Failure('UNPROCESSABLE', shown.join(' ') + more)
}

async function resolved(
  run: Run,
  { node, definition, scope }: { node: FlowNode; definition: NodeDefinition; scope: ChatflowScope },
): Promise<{ inputs: Record<string, unknown>; hasCredential: boolean }> {
  const { inputs, names, dropsCredential } = overridden(run, node, definition)
  const entries = Object.entries(inputs).map(async ([name, value]) => {
    // What a caller put in is data: a reference in it could read what the author keeps to himself.
    if (names.has(name)) return [name, value] as const
    return [name, await resolveInput(value, traitsOf(node, definition, name), scope)] as const
  })
  return { inputs: Object.fromEntries(await Promise.all(entries)), hasCredential: !dropsCredential }
}

function traitsOf(node: FlowNode, definition: NodeDefinition, name: string) {
  const spec = Object.hasOwn(definition.inputs, name) ? definition.inputs[name] : undefined
  const drawn = node.params.find((param) => param.name === name)
  return {
    acceptVariable: spec?.acceptVariable === true || drawn?.acceptVariable === true,
    isJson: spec?.type === 'json',
  }
}

function definitionOf(node: FlowNode): NodeDefinition {
  const definition = findNode(node.name)
  // The plan refuses unknown nodes before anything is built.
  if (definition === undefined) throw new Error(`no definition of ${node.name}`)
  return definition
}

function tooLate(node: FlowNode): Failure {
  const seconds = limits.node / 1000
  return new Failure('TIMEOUT', `The node ${nodeTitle(node)} took longer than ${seconds} s.`)
}

function notAPart(node: FlowNode): Problem {
  return {
    code: 'not-runnable',
    nodeId: node.id,
    nodeName: node.name,
    message: `The node ${nodeTitle(node)} cannot be used as a part of another node.`,
  }
}

function notAnEnding(node: FlowNode): Problem {
  return {
    code: 'not-runnable',
    nodeId: node.id,
    nodeName: node.name,
    message: `The flow cannot end with the node ${nodeTitle(node)} of type ${node.name}.`,
  }
}
