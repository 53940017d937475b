import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startApp, type TestApp } from './harness.ts'

let app: TestApp

beforeAll(async () => {
  app = await startApp()
})
afterAll(() => app.close())

const em = () => app.app.deps.database.workspaceEm({ workspaceId: app.owner.workspaceId })

/** One message in each of so many conversations, with a file, vectors, a rating and a run. */
async function addConversations(flowId: string, count: number): Promise<void> {
  const { workspaceId } = app.owner
  const inserts = [
    `insert into execution (id, workspace_id, chatflowid, chat_id, session_id, owner, status,
       executed_data, created_date, ended_date)
     select gen_random_uuid(), ?::uuid, ?::uuid, 'c' || g, 'c' || g, 'anonymous', 'FINISHED', '[]',
       now(), now() from generate_series(1, ${count}) g`,
    `insert into chat_message (id, workspace_id, chatflowid, chat_id, session_id, owner, role,
       content, execution_id, created_date)
     select gen_random_uuid(), workspace_id, chatflowid, chat_id, chat_id, owner, 'userMessage', 'x',
       id, now() from execution where workspace_id = ? and chatflowid = ?`,
    `insert into chat_message_feedback (id, workspace_id, chatflowid, chat_id, message_id, owner,
       rating, created_date)
     select gen_random_uuid(), workspace_id, chatflowid, chat_id, id, owner, 'THUMBS_UP', now()
     from chat_message where workspace_id = ? and chatflowid = ?`,
    `insert into chat_file (id, workspace_id, chatflowid, chat_id, owner, name, mime, size, content,
       created_date)
     select gen_random_uuid(), workspace_id, chatflowid, chat_id, owner, 'a.txt', '', 1, 'x', now()
     from chat_message where workspace_id = ? and chatflowid = ?`,
    `insert into vector_space (id, workspace_id, chatflowid, namespace, model, dimensions,
       created_date, updated_date)
     select gen_random_uuid(), workspace_id, chatflowid,
       'chat ["anonymous","' || chat_id || '"] ["of a store"] ', 'm', 3, now(), now()
     from chat_message where workspace_id = ? and chatflowid = ?`,
  ]
  for (const insert of inserts) await em().execute(insert, [workspaceId, flowId])
}

const tables = [
  'chat_message',
  'chat_message_feedback',
  'execution',
  'chat_file',
  'vector_space',
] as const

async function counts(flowId: string): Promise<readonly number[]> {
  const counted = tables.map((table) => `(select count(*)::int from ${table} where chatflowid = ?)`)
  const [row] = await em().execute<{ counts: number[] }[]>(
    `select array[${counted.join(', ')}] as counts`,
    tables.map(() => flowId),
  )
  return row?.counts ?? []
}

describe('the removal of messages', () => {
  it('takes what belongs to thousands of conversations along, and holds nobody up', async () => {
    const [flow, other] = [await app.addFlow(), await app.addFlow()]
    await addConversations(flow.id, 4000)
    await addConversations(other.id, 3)
    const start = performance.now()
    const { token } = app.owner
    const { body } = await app.rest('DELETE', `/chatmessage/${flow.id}`, { token })
    expect(performance.now() - start).toBeLessThan(15_000)
    expect(body).toMatchObject({ deleted: 4000 })
    expect(await counts(flow.id)).toEqual([0, 0, 0, 0, 0])
    expect(await counts(other.id)).toEqual([3, 3, 3, 3, 3])
  }, 60_000)

  it('leaves what was uploaded to conversations that go on', async () => {
    const flow = await app.addFlow()
    await addConversations(flow.id, 3)
    await em().execute(
      `insert into chat_message (id, workspace_id, chatflowid, chat_id, session_id, owner, role,
         content, created_date)
       select gen_random_uuid(), workspace_id, chatflowid, chat_id, 'later', owner, role, 'y', now()
       from chat_message where chatflowid = ? and chat_id = 'c1'`,
      [flow.id],
    )
    const remove = (query: string) =>
      app.rest('DELETE', `/chatmessage/${flow.id}?${query}`, { token: app.owner.token })
    expect((await remove('sessionId=c1')).body).toMatchObject({ deleted: 1 })
    expect(await counts(flow.id)).toEqual([3, 2, 2, 3, 3])
    expect((await remove('chatId=c1')).body).toMatchObject({ deleted: 1 })
    expect(await counts(flow.id)).toEqual([2, 2, 2, 2, 2])
    expect((await remove('chatId=c?')).body).toMatchObject({ deleted: 0 })
  })
})
