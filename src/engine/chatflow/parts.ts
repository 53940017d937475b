import { Failure } from '../../core/errors.ts'
import { nodeTitle, type FlowNode } from '../flow/flow.ts'
import type { NodeContext } from '../node/context.ts'
import type { NodeDefinition } from '../node/define.ts'
import { isInstance, type Chain } from '../node/instances.ts'
import { limits, withinLimit } from '../node/limits.ts'
import { findNode } from '../nodes/index.ts'
import { overridden, type Run } from '../run/context.ts'
import { nodeContext } from '../run/node-context.ts'
import { resolveInput, type ChatflowScope } from '../run/references.ts'
import { createRoom, roomFor } from '../text/room.ts'

/** What the nodes of one run have built. */
export interface Parts {
  /** What a node builds; it is built at most once. */
  readonly build: (node: FlowNode) => Promise<unknown>
  /** A node's inputs, with the caller's overrides and every reference resolved. */
  readonly resolve: (node: FlowNode, definition: NodeDefinition) => Promise<Resolved>
  readonly published: ReadonlyMap<string, unknown>
  readonly variables: Pick<NodeContext, 'keptVariable' | 'publish'>
}

interface Resolved {
  readonly inputs: Readonly<Record<string, unknown>>
  readonly hasCredential: boolean
}

/** `spoken` answers for nodes that are not built, but have said something. */
export function createParts(
  run: Run,
  spoken: (id: string) => Promise<unknown> | undefined = () => undefined,
): Parts {
  const built = new Map<string, Promise<unknown>>()
  const published = new Map<string, unknown>()
  const build = (node: FlowNode): Promise<unknown> => {
    const known = built.get(node.id) ?? buildNode(run, node, parts)
    built.set(node.id, known)
    return known
  }
  const scope = scopeOf(run, { build, spoken })
  const parts: Parts = {
    build,
    published,
    resolve: (node, definition) => resolved(run, { node, definition, scope }),
    variables: {
      publish: (name, value) => void published.set(name, value),
      keptVariable: async (name) => {
        const setter = [...run.flow.nodes.values()].find(
          ({ name: kind, inputs }) => kind === 'setVariable' && inputs['variableName'] === name,
        )
        return setter && build(setter)
      },
    },
  }
  return parts
}

function scopeOf(
  run: Run,
  {
    build,
    spoken,
  }: {
    readonly build: Parts['build']
    readonly spoken: (id: string) => Promise<unknown> | undefined
  },
): ChatflowScope {
  return {
    question: run.input.question ?? '',
    history: run.mentionedHistory,
    fileText: run.fileText,
    variables: run.variables,
    flow: run.facts,
    room: createRoom(roomFor.inputs),
    instance: (id) => {
      const said = spoken(id)
      if (said !== undefined) return said
      const node = run.flow.nodes.get(id)
      return node && build(node).then((made) => (isInstance(made, 'branch') ? made.value : made))
    },
  }
}

async function buildNode(run: Run, node: FlowNode, parts: Parts): Promise<unknown> {
  const definition = findNode(node.name)
  const code = definition?.build ?? (definition?.run && chainOf(definition.run))
  if (definition === undefined || code === undefined) {
    const sentence = `The node ${nodeTitle(node)} cannot be used as a part of another node.`
    throw new Failure('UNPROCESSABLE', sentence)
  }
  const { inputs, hasCredential } = await parts.resolve(node, definition)
  const context = nodeContext(run, node, { isLast: false, hasCredential })
  const seconds = limits.node / 1000
  const late = () =>
    new Failure('TIMEOUT', `The node ${nodeTitle(node)} took longer than ${seconds} s.`)
  const limit = { ms: limits.node, signals: [run.signal], late, lasts: true }
  return withinLimit(limit, async (signal) =>
    code(inputs, { ...context, ...parts.variables, signal }),
  )
}

/** What ends flows can be asked as a part as well. */
function chainOf(run: NonNullable<NodeDefinition['run']>): NonNullable<NodeDefinition['build']> {
  return async (inputs, context): Promise<Chain> => ({
    kind: 'chain',
    ask: async (question, signal) =>
      run(inputs, { ...context, signal, input: { ...context.input, question } }),
  })
}

async function resolved(
  run: Run,
  { node, definition, scope }: { node: FlowNode; definition: NodeDefinition; scope: ChatflowScope },
): Promise<Resolved> {
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
