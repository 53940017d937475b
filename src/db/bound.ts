import type { Pool } from 'pg'
import type { EmbeddedPostgres } from './embedded.ts'
import type { Statement } from './statement.ts'

/**
 * Runs one statement in a transaction of its own, after a first one that sets whose it is. Unlike all
 * other statements its values do not stand in its text: a `Float32Array` is sent as the `real[]` it
 * is, which takes a tenth of the time that its digits take, and a `Uint8Array` as the `bytea` it is.
 */
export type RunBound = (first: string, statement: Statement) => Promise<unknown[]>

/** Whether a statement has values that are to be sent as they are. */
export function hasBinary({ params }: Statement): boolean {
  return params.some((value) => value instanceof Float32Array || value instanceof Uint8Array)
}

export function boundOnPool(openPool: () => Promise<Pool>): RunBound {
  return async (first, statement) => {
    const client = await (await openPool()).connect()
    let broken = true
    try {
      await client.query(`begin; ${first}`)
      const { rows } = await client.query<Record<string, unknown>>(
        textOf(statement),
        values(statement),
      )
      await client.query('commit')
      broken = false
      return rows
    } catch (error) {
      broken = await client.query('rollback').then(
        () => false,
        () => true,
      )
      throw error
    } finally {
      client.release(broken)
    }
  }
}

export function boundEmbedded(pglite: EmbeddedPostgres): RunBound {
  return (first, statement) =>
    pglite.transaction(async ({ query }) => {
      await query(first)
      return (await query(textOf(statement), values(statement))).rows
    })
}

/** With `$1`, `$2`, … for each `?`. */
function textOf({ sql }: Statement): string {
  let count = 0
  return sql.replaceAll('?', () => `$${(count += 1)}`)
}

function values({ params }: Statement): unknown[] {
  return params.map((value) => (value instanceof Float32Array ? encodeReals(value) : value))
}

const realType = 700

/** A `real[]` of one dimension as the wire protocol carries it: five numbers, then size and value of each. */
export function encodeReals(reals: Float32Array): Buffer {
  const bytes = Buffer.allocUnsafe(20 + 8 * reals.length)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const head = [1, 0, realType, reals.length, 1]
  for (const [index, value] of head.entries()) view.setInt32(4 * index, value)
  // Counted by hand: a hundred vectors are more than a hundred thousand turns.
  for (let index = 0, at = 20; index < reals.length; index += 1, at += 8) {
    view.setInt32(at, 4)
    view.setFloat32(at + 4, reals[index] as number)
  }
  return bytes
}
