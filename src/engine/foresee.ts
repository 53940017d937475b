import { Failure } from '../core/errors.ts'
import { partsIn } from './agentflow/parts.ts'
import { createParts } from './chatflow/parts.ts'
import { planChatflow } from './chatflow/plan.ts'
import { storeIdIn } from './documents/document-store.ts'
import type { Flow, FlowNode } from './flow/flow.ts'
import { foreignTexts } from './flow/foreign-ids.ts'
import { dependencies, orderFrom } from './flow/graph.ts'
import { namingNode } from './node/naming.ts'
import type { Ports } from './node/ports.ts'
import { findNode } from './nodes/index.ts'
import { prepareRun, type Run } from './run/context.ts'
import { chosenFlow } from './run/inner-flow.ts'
import { aloneNode, nodeContext } from './run/node-context.ts'
import type { Problem } from './run/problems.ts'
import { planTeam } from './team/plan.ts'
import { createSecrets } from './text/secrets.ts'
import { validateFlow } from './validate.ts'

/** What a workspace keeps, as far as flows name it. */
export type Estate = Pick<
  Ports,
  'credential' | 'tool' | 'flow' | 'documentStore' | 'variables' | 'clock'
>

/**
 * Everything that keeps a flow from running, known ahead of time: by how it is drawn, and by what its
 * nodes say when they are built. Nobody is called for that: what comes out only then, such as that a
 * provider refuses a key, is not among it. @throws what the signal was aborted with.
 */
export async function foresee(
  flow: Flow,
  estate: Estate,
  signal: AbortSignal,
): Promise<readonly Problem[]> {
  if (flow.kind === 'empty') return []
  const world = lonely(estate)
  const run = await dryRun(flow, world, signal)
  const found: Problem[] = [...validateFlow(flow)]
  const known = new Set(found.map(({ message }) => message))
  const lost = new Set<string>()
  for (const { node, needs, check } of checksOf(run)) {
    signal.throwIfAborted()
    const isKnown = findNode(node.name) !== undefined && !needs.some((id) => lost.has(id))
    const outcome = isKnown ? await world.outcomeOf(check) : 'unknown'
    if (outcome !== 'fine') lost.add(node.id)
    if (!(outcome instanceof Failure) || known.has(outcome.message)) continue
    known.add(outcome.message)
    const { id, name } = node
    found.push({ code: 'not-runnable', nodeId: id, nodeName: name, message: outcome.message })
  }
  return found
}

interface Check {
  readonly node: FlowNode
  /** Ids of nodes it is made of: where one of them is lost, nothing can be said of it. */
  readonly needs: readonly string[]
  readonly check: () => Promise<unknown>
}

type World = ReturnType<typeof lonely>

/** A world without a way out. What a node says after it tried to get out says nothing of the flow. */
function lonely(estate: Estate) {
  let hasTried = false
  const out = (): never => {
    hasTried = true
    throw new Failure('UNAVAILABLE', 'A flow that is only looked at reaches nobody.')
  }
  const asked = async () => out()
  const ports: Ports = {
    ...estate,
    fetch: asked,
    fetchPublic: asked,
    history: async () => [],
    savedRun: async () => undefined,
    runCode: asked,
    vectors: { open: asked, search: asked },
    cache: { get: asked, set: asked },
    sql: { tables: asked, query: asked },
    loadDocuments: out,
    embedLocally: asked,
  }
  const outcomeOf = async (check: Check['check']): Promise<'fine' | 'unknown' | Failure> => {
    hasTried = false
    try {
      await check()
      return 'fine'
    } catch (error) {
      if (hasTried) return 'unknown'
      if (error instanceof Failure) return error
      throw error
    }
  }
  return { ports, runFlow: asked, outcomeOf }
}

async function dryRun(flow: Flow, { ports, runFlow }: World, signal: AbortSignal): Promise<Run> {
  const input = { question: '', chatId: '' }
  const spend = () => undefined
  const secrets = createSecrets()
  const request = { flow, input, ports, signal, emit: () => undefined }
  return prepareRun(request, { secrets, spend, runFlow })
}

function checksOf(run: Run): readonly Check[] {
  const checks = run.flow.kind === 'agentflow' ? stepChecks(run) : partChecks(run)
  const nodes = new Set(checks.map(({ node }) => node))
  return [...checks, ...[...nodes].flatMap((node) => rowChecks(run, node))]
}

/** The flows that a node is to run, and the document stores that it is to search. */
function rowChecks({ ports }: Run, node: FlowNode): readonly Check[] {
  return foreignTexts(node.inputs).flatMap(({ kind, text }) => {
    const store = storeIdIn(text)
    const check =
      kind === 'chatflow'
        ? () => chosenFlow(ports, { id: text, node })
        : () => namingNode(node, () => ports.documentStore(store))
    // Where nothing is chosen, other nodes say so themselves.
    const isChosen = store !== '' || node.name.endsWith('Agentflow')
    const isRow = kind === 'chatflow' || (kind === 'documentStore' && isChosen)
    return isRow ? [{ node, needs: [], check }] : []
  })
}

/** Each node after those it is made of. Members of a team are spoken of, not built. */
function partChecks(run: Run): readonly Check[] {
  const { flow } = run
  const isMember = (id: string) => findNode(flow.nodes.get(id)?.name ?? '')?.turn !== undefined
  const links = new Map(
    [...dependencies(flow)].map(([id, ids]) => [id, ids.filter((need) => !isMember(need))]),
  )
  const parts = createParts(run, (id) => (isMember(id) ? Promise.resolve('') : undefined))
  const ids = neededIds(flow).flatMap((id) => {
    const walk = orderFrom(id, links)
    // Nodes in a circle would wait for each other.
    return 'order' in walk ? walk.order : []
  })
  const nodes = [...new Set(ids)].flatMap((id) => flow.nodes.get(id) ?? [])
  return nodes.map((node) => ({
    node,
    needs: links.get(node.id) ?? [],
    check: async () => {
      const definition = findNode(node.name)
      if (definition === undefined) return
      if (definition.build !== undefined) await parts.build(node)
      const { inputs, hasCredential } = await parts.resolve(node, definition)
      definition.check(inputs, node)
      await definition.ready?.(inputs, nodeContext(run, node, { isLast: false, hasCredential }))
    },
  }))
}

/** What takes part in a run; of a flow that cannot run, everything. */
function neededIds(flow: Flow): readonly string[] {
  const plan = flow.kind === 'team' ? planTeam(flow) : planChatflow(flow)
  if (!plan.ok) return [...flow.nodes.keys()]
  return 'steps' in plan ? plan.steps.map(({ id }) => id) : [...plan.reached]
}

/** Nodes of an agentflow, and what they are made of, as far as no reference is in the way. */
function stepChecks(run: Run): readonly Check[] {
  return [...run.flow.nodes.values()].flatMap((node) => {
    const own = () =>
      eitherWay(run, node.inputs, async (inputs) => findNode(node.name)?.check(inputs, node))
    const parts = partsIn(node.inputs).map(({ name, config }) => async () => {
      const definition = findNode(name)
      if (definition?.build === undefined || !standAlone.has(definition.category)) return
      const inner = aloneNode({ name, config, id: node.id, label: node.label })
      const context = nodeContext(run, inner, { isLast: false, hasCredential: true })
      await eitherWay(run, config, async (inputs) => {
        await definition.build?.(inputs, context)
        await definition.ready?.(inputs, context)
      })
    })
    return [own, ...parts].map((check) => ({ node, needs: [], check }))
  })
}

/** Parts that are made of their own inputs alone. */
const standAlone = new Set(['Chat Models', 'Embeddings', 'Tools', 'Tools (MCP)'])

type Inputs = Readonly<Record<string, unknown>>

/**
 * What a reference stands for is not known yet, but for variables: an input that holds one is left
 * out. Where it is missed then, and not as it is written, nothing can be said.
 */
async function eitherWay(
  { variables }: Run,
  inputs: Inputs,
  look: (inputs: Inputs) => Promise<unknown>,
): Promise<void> {
  const entries = Object.entries(inputs)
  const known = entries.filter(([, value]) => !holdsReference(value))
  try {
    await look(Object.fromEntries(known))
  } catch (problem) {
    if (known.length === entries.length) throw problem
    const written = entries.map(([name, value]) => [name, withVariables(value, variables)] as const)
    const isFine = await look(Object.fromEntries(written)).then(
      () => true,
      () => false,
    )
    if (!isFine) throw problem
  }
}

function holdsReference(value: unknown): value is string {
  return typeof value === 'string' && value.includes('{{')
}

function withVariables(value: unknown, variables: Run['variables']): unknown {
  if (!holdsReference(value)) return value
  return value.replaceAll(/\{\{\s*\$vars\.([^{}\s]+)\s*\}\}/g, (reference, name: string) =>
    Object.hasOwn(variables, name) ? (variables[name] ?? '') : reference,
  )
}
