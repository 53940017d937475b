import { extname } from 'node:path'
import { Worker } from 'node:worker_threads'
import { createPostgreSqlTypeParsers } from '@mikro-orm/postgresql'
import { types } from 'pg'
import array from 'postgres-array'
import type { RawResult, Reply, SqlError } from './embedded-messages.ts'

/**
 * PostgreSQL in WASM, as the ORM's driver for PGlite takes it. It works in a thread of its own: on
 * ours every query would hold up every request, and the making of an index all of them for seconds.
 */
export interface EmbeddedPostgres {
  query(sql: string, params?: readonly unknown[]): Promise<Result>
  /** Nothing else is asked until the work is done; it is undone when the work fails. */
  transaction<T>(work: (inner: Pick<EmbeddedPostgres, 'query'>) => Promise<T>): Promise<T>
  readonly ready: boolean
  readonly closed: boolean
  readonly waitReady: Promise<void>
  /** Writes what is left to write, and ends the thread. */
  close(): Promise<void>
}

interface Result {
  readonly rows: Record<string, unknown>[]
  readonly affectedRows: number | undefined
}

/** Opens the database in a folder. `waitReady` rejects when it cannot be opened. */
export function openEmbeddedPostgres(folder: string): EmbeddedPostgres {
  const thread = startThread(folder)
  let turn: Promise<unknown> = Promise.resolve()
  /** PostgreSQL has one connection here: an open transaction is everybody's. */
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const mine = turn.then(work)
    turn = mine.catch(() => undefined)
    return mine
  }
  const query: EmbeddedPostgres['query'] = async (sql, params = []) =>
    readResult(await thread.ask(sql, params))
  return {
    query: (sql, params) => inTurn(() => query(sql, params)),
    transaction: (work) =>
      inTurn(async () => {
        await query('begin')
        try {
          const done = await work({ query })
          await query('commit')
          return done
        } catch (error) {
          await query('rollback')
          throw error
        }
      }),
    get ready() {
      return thread.state === 'ready'
    },
    get closed() {
      return thread.state === 'closed'
    },
    waitReady: thread.ready,
    close: thread.close,
  }
}

function startThread(folder: string) {
  // The worker is .ts beside this file when run from source, .js when built.
  const file = new URL(`./embedded.worker${extname(import.meta.url)}`, import.meta.url)
  const worker = new Worker(file, { workerData: folder })
  const open = new Map<number, PromiseWithResolvers<RawResult>>()
  const started = Promise.withResolvers<void>()
  const ended = Promise.withResolvers<void>()
  const thread = { state: 'starting' as 'starting' | 'ready' | 'closed', ready: started.promise }
  let asked = 0
  const end = (cause?: unknown): void => {
    thread.state = 'closed'
    const error = new Error('The embedded PGlite is closed', { cause })
    started.reject(error)
    for (const { reject } of open.values()) reject(error)
    open.clear()
    ended.resolve()
  }
  // Whoever waits for the start is told; nobody has to.
  started.promise.catch(() => undefined)
  worker.on('error', end)
  worker.on('exit', () => end())
  worker.on('message', (message: Reply | 'ready' | 'closed') => {
    if (message === 'ready') {
      thread.state = 'ready'
      started.resolve()
    } else if (message === 'closed') void worker.terminate()
    else settle(open, message)
  })
  return Object.assign(thread, {
    async ask(sql: string, params: readonly unknown[]): Promise<RawResult> {
      if (thread.state === 'closed') throw new Error('The embedded PGlite is closed')
      const answer = Promise.withResolvers<RawResult>()
      asked += 1
      open.set(asked, answer)
      worker.postMessage({ id: asked, sql, params })
      return answer.promise
    },
    async close(): Promise<void> {
      if (thread.state !== 'closed') worker.postMessage('close')
      await ended.promise
    },
  })
}

function settle(open: Map<number, PromiseWithResolvers<RawResult>>, reply: Reply): void {
  const waiting = open.get(reply.id)
  open.delete(reply.id)
  if ('result' in reply) waiting?.resolve(reply.result)
  else waiting?.reject(thrown(reply.error))
}

function thrown({ message, facts }: SqlError): Error {
  return Object.assign(new Error(message), facts)
}

/** The types that the ORM reads itself come as it wants them, the others as from any PostgreSQL. */
const parsers: Readonly<Record<number, ((text: string) => unknown) | undefined>> =
  createPostgreSqlTypeParsers((text) => array.parse(text))

function readResult({ fields, rows, affectedRows }: RawResult): Result {
  const columns = fields.map(({ name, dataTypeID }) => ({
    name,
    parse: parsers[dataTypeID] ?? types.getTypeParser(dataTypeID, 'text'),
  }))
  const objects = rows.map((row) =>
    Object.fromEntries(
      columns.map(({ name, parse }, at) => {
        const text = row[at] ?? null
        return [name, text === null ? null : (parse(text) as unknown)]
      }),
    ),
  )
  return { rows: objects, affectedRows }
}
