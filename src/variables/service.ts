import type { SqlEntityManager } from '@mikro-orm/postgresql'
import type { Ctx, Deps } from '../context.ts'
import { Failure } from '../core/errors.ts'
import { isUuid } from '../core/ids.ts'
import { listRows, source } from '../db/list.ts'
import { notFound, principal, tenantEm } from '../db/tenant.ts'
import { Variable, type VariableType } from './entity.ts'

/** A variable as it is read. */
export interface VariableView {
  readonly id: string
  readonly workspaceId: string
  readonly name: string
  readonly value?: string | null | undefined
  readonly type: VariableType
  readonly createdDate: Date | string
  readonly updatedDate: Date | string
}

export interface VariableInput {
  readonly name?: string | null | undefined
  readonly value?: string | null | undefined
  readonly type?: VariableType | null | undefined
}

const variables = source<VariableView>('variable', [
  'id',
  'workspaceId',
  'name',
  'value',
  'type',
  'createdDate',
  'updatedDate',
])

/** The variables of the workspace, newest change first. */
export async function listVariables(ctx: Ctx): Promise<VariableView[]> {
  return listRows(ctx, variables)
}

/** One variable. Throws NOT_FOUND. */
export async function getVariable(ctx: Ctx, input: { id: string }): Promise<VariableView> {
  return findOwn(tenantEm(ctx), input.id)
}

/** Stores a variable. Throws CONFLICT for a name that is taken. */
export async function createVariable(
  ctx: Ctx,
  input: VariableInput & { name: string },
): Promise<VariableView> {
  const em = tenantEm(ctx)
  await requireFreeName(em, input.name, null)
  const variable = em.create(Variable, {
    workspaceId: principal(ctx).workspaceId,
    name: input.name,
    value: input.value ?? null,
    type: input.type ?? 'static',
  })
  await em.persist(variable).flush()
  return variable
}

/** Changes what is given and leaves the rest. Throws NOT_FOUND, CONFLICT. */
export async function updateVariable(
  ctx: Ctx,
  input: VariableInput & { id: string },
): Promise<VariableView> {
  const em = tenantEm(ctx)
  const variable = await findOwn(em, input.id)
  if (typeof input.name === 'string') {
    await requireFreeName(em, input.name, variable.id)
    variable.name = input.name
  }
  if (input.value !== undefined) variable.value = input.value
  if (input.type) variable.type = input.type
  await em.flush()
  return variable
}

/** Removes a variable. Throws NOT_FOUND. */
export async function deleteVariable(
  ctx: Ctx,
  input: { id: string },
): Promise<{ id: string; deleted: boolean }> {
  const found = isUuid(input.id) ? await tenantEm(ctx).nativeDelete(Variable, { id: input.id }) : 0
  if (found === 0) throw notFound('variable')
  return { id: input.id, deleted: true }
}

/**
 * What flows of a workspace read as `$vars`. Runtime variables take their value from `FLOW_VAR_name`
 * of the server's environment and from nowhere else of it.
 */
export async function flowVariables(
  deps: Deps,
  workspaceId: string,
): Promise<Record<string, string>> {
  const rows = await deps.database.rows<
    Pick<VariableView, 'name' | 'type'> & { value: string | null }
  >(deps.database.workspaceEm({ workspaceId }), 'select name, value, type from variable')
  const fromServer = deps.config.flowVariables
  const values = rows.flatMap(({ name, value, type }) => {
    const found = type === 'static' ? value : (fromServer[name] ?? null)
    return found === null ? [] : [[name, found] as const]
  })
  return Object.fromEntries(values)
}

async function findOwn(em: SqlEntityManager, id: string): Promise<Variable> {
  const variable = isUuid(id) ? await em.findOne(Variable, { id }) : null
  if (!variable) throw notFound('variable')
  return variable
}

async function requireFreeName(
  em: SqlEntityManager,
  name: string,
  except: string | null,
): Promise<void> {
  const taken = await em.findOne(Variable, { name })
  if (taken && taken.id !== except) {
    throw new Failure('CONFLICT', 'There is a variable of this name already.')
  }
}
