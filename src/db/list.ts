import type { Ctx } from '../context.ts'
import { largestPage, type Page, type PageRequest } from '../core/paging.ts'
import { snakeCase, type Statement } from './statement.ts'
import { tenantEm } from './tenant.ts'

/** The columns of a hot read, and where they come from; the values come back raw, under these names. */
export interface Source<Row> {
  readonly table: string
  readonly columns: string
  /** Never set; carries the type of a row. */
  readonly row?: Row
}

/** A source that reads the named properties of an entity's table, columns in snake case. */
export function source<Row>(
  table: string,
  properties: readonly (keyof Row & string)[],
): Source<Row> {
  const columns = properties.map((property) => `${snakeCase(property)} as "${property}"`).join(', ')
  return { table, columns }
}

/** What rows must be: what stands after `where`. */
export type Condition = Statement

/** Reads the newest rows first. Row-level security shows only those of the EntityManager's scope. */
export async function listRows<Row>(
  ctx: Ctx,
  from: Source<Row>,
  select: { readonly where?: Condition; readonly page?: PageRequest } = {},
): Promise<Row[]> {
  const { where, page = { limit: largestPage, offset: 0 } } = select
  return ctx.deps.database.rows<Row>(
    tenantEm(ctx),
    `select ${from.columns} from ${from.table}${where ? ` where ${where.sql}` : ''}
     order by updated_date desc, id desc limit ? offset ?`,
    [...(where?.params ?? []), page.limit, page.offset],
  )
}

/** One page of rows with the number of all. */
export async function pageRows<Row>(
  ctx: Ctx,
  from: Source<Row>,
  select: { readonly where?: Condition; readonly page: PageRequest },
): Promise<Page<Row>> {
  const { where } = select
  const [count] = await ctx.deps.database.rows<{ total: number }>(
    tenantEm(ctx),
    `select count(*)::int as total from ${from.table}${where ? ` where ${where.sql}` : ''}`,
    where?.params,
  )
  return { data: await listRows(ctx, from, select), total: count?.total ?? 0 }
}
