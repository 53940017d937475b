import type { Ctx, Deps } from '../context.ts'
import { Failure } from '../core/errors.ts'
import { isUuid } from '../core/ids.ts'
import { revealCredential } from '../credentials/service.ts'
import type { FlowSource } from '../engine/flow/flow.ts'
import type { Ports } from '../engine/node/ports.ts'
import { findTool } from '../tools/service.ts'
import { flowVariables } from '../variables/service.ts'
import { flowSource } from './source.ts'
import { findFlow } from './view.ts'

/** The world a flow of a workspace runs in; whoever runs it adds the conversation it may recall. */
export function flowPorts(
  ctx: Ctx,
  workspaceId: string,
): Omit<Ports, 'history' | 'savedRun' | 'vectors'> {
  const { deps } = ctx
  return {
    fetch: deps.fetch,
    fetchPublic: deps.fetchPublic,
    clock: deps.clock,
    credential: (id) => revealCredential(deps, workspaceId, id),
    variables: () => flowVariables(deps, workspaceId),
    tool: async (id) => {
      const { name, description, schema, func } = await findTool(deps, workspaceId, id)
      return { id, name, description, schema: schema ?? null, func: func ?? null }
    },
    documentStore: (id) => deps.documentStores.find(workspaceId, id),
    flow: (id) => findNeighbour(deps, workspaceId, id),
    sql: deps.sql,
    cache: deps.flowCache.of(workspaceId),
    loadDocuments: deps.loading.of(workspaceId),
    embedLocally: deps.localEmbeddings.embed,
    runCode: (job) => deps.sandbox.run({ ...job, workspaceId }),
  }
}

/** A flow that another one of the same workspace runs. Throws UNPROCESSABLE when there is none. */
async function findNeighbour(
  deps: Deps,
  workspaceId: string,
  id: string,
): Promise<FlowSource & { readonly name: string }> {
  const flow = isUuid(id) ? await findFlow(deps, { id, workspaceId }) : null
  if (!flow) throw new Failure('UNPROCESSABLE', `There is no flow ${id} in this workspace.`)
  return { ...flowSource(flow), name: flow.name }
}
