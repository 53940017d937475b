import type { SqlEntityManager } from '@mikro-orm/postgresql'
import type { Ctx, Deps } from '../context.ts'
import { Failure } from '../core/errors.ts'
import { isUuid } from '../core/ids.ts'
import { pageRequest, type Page } from '../core/paging.ts'
import { listRows, pageRows, source } from '../db/list.ts'
import { notFound, principal, tenantEm } from '../db/tenant.ts'
import { checkToolCode, checkToolSchema } from './checks.ts'
import { Tool } from './entity.ts'

/** A tool as it is read. */
export interface ToolView {
  readonly id: string
  readonly workspaceId: string
  readonly name: string
  readonly description: string
  readonly color: string
  readonly iconSrc?: string | null | undefined
  readonly schema?: string | null | undefined
  readonly func?: string | null | undefined
  readonly createdDate: Date | string
  readonly updatedDate: Date | string
}

export interface ToolInput {
  readonly name?: string | null | undefined
  readonly description?: string | null | undefined
  readonly color?: string | null | undefined
  readonly iconSrc?: string | null | undefined
  readonly schema?: string | null | undefined
  readonly func?: string | null | undefined
}

const tools = source<ToolView>('tool', [
  'id',
  'workspaceId',
  'name',
  'description',
  'color',
  'iconSrc',
  'schema',
  'func',
  'createdDate',
  'updatedDate',
])

const neutralColor = 'linear-gradient(rgb(110,118,129), rgb(72,79,88))'

/** The tools of the workspace, newest change first. */
export async function listTools(ctx: Ctx): Promise<ToolView[]> {
  return listRows(ctx, tools)
}

/** One page of the same list. Throws BAD_REQUEST for a page that cannot be. */
export async function toolPage(
  ctx: Ctx,
  input: { page: number; limit: number },
): Promise<Page<ToolView>> {
  return pageRows(ctx, tools, { page: pageRequest(input.page, input.limit) })
}

/** One tool. Throws NOT_FOUND. */
export async function getTool(ctx: Ctx, input: { id: string }): Promise<ToolView> {
  return findOwn(tenantEm(ctx), input.id)
}

/** Stores a tool. Throws BAD_REQUEST, with the place, for a schema or code that cannot be. */
export async function createTool(ctx: Ctx, input: ToolInput & { name: string }): Promise<ToolView> {
  const em = tenantEm(ctx)
  const tool = em.create(Tool, {
    workspaceId: principal(ctx).workspaceId,
    name: input.name.normalize('NFC'),
    description: input.description ?? '',
    color: input.color ?? neutralColor,
    iconSrc: input.iconSrc ?? null,
    schema: checked(input.schema, checkToolSchema) ?? null,
    func: checked(input.func, checkToolCode) ?? null,
  })
  await em.persist(tool).flush()
  return tool
}

/** Changes what is given and leaves the rest. Throws NOT_FOUND, BAD_REQUEST. */
export async function updateTool(ctx: Ctx, input: ToolInput & { id: string }): Promise<ToolView> {
  const em = tenantEm(ctx)
  const tool = await findOwn(em, input.id)
  if (typeof input.name === 'string') tool.name = input.name.normalize('NFC')
  if (typeof input.description === 'string') tool.description = input.description
  if (typeof input.color === 'string') tool.color = input.color
  if (input.iconSrc !== undefined) tool.iconSrc = input.iconSrc
  const schema = checked(input.schema, checkToolSchema)
  if (schema !== undefined) tool.schema = schema
  const func = checked(input.func, checkToolCode)
  if (func !== undefined) tool.func = func
  await em.flush()
  return tool
}

/** Removes a tool. Throws NOT_FOUND. */
export async function deleteTool(
  ctx: Ctx,
  input: { id: string },
): Promise<{ id: string; deleted: boolean }> {
  const found = isUuid(input.id) ? await tenantEm(ctx).nativeDelete(Tool, { id: input.id }) : 0
  if (found === 0) throw notFound('tool')
  return { id: input.id, deleted: true }
}

/** A tool for a flow of the same workspace. Throws UNPROCESSABLE when there is none. */
export async function findTool(deps: Deps, workspaceId: string, id: string): Promise<ToolView> {
  const em = deps.database.workspaceEm({ workspaceId })
  const tool = isUuid(id) ? await em.findOne(Tool, { id }) : null
  if (!tool) throw new Failure('UNPROCESSABLE', `There is no tool ${id} in this workspace.`)
  return tool
}

async function findOwn(em: SqlEntityManager, id: string): Promise<Tool> {
  const tool = isUuid(id) ? await em.findOne(Tool, { id }) : null
  if (!tool) throw notFound('tool')
  return tool
}

/** Undefined leaves the stored text, null and the empty text clear it. */
function checked(
  text: string | null | undefined,
  check: (text: string) => void,
): string | null | undefined {
  if (text === undefined) return undefined
  if (text === null || text === '') return null
  check(text)
  return text
}
