import type { SqlEntityManager } from '@mikro-orm/postgresql'
import type { Statement } from '../db/statement.ts'
import { forgetChats, type Chat } from '../vectors/store.ts'

/**
 * Removes the messages of a chatflow that a query names, their ratings and runs, and what was uploaded
 * to conversations of which no message is left. Answers how many messages there were. However many
 * conversations that are, it takes as many statements.
 */
export async function forgetMessages(
  em: SqlEntityManager,
  chatflowid: string,
  fitting: Statement,
): Promise<number> {
  // What was thought of them, and the runs behind them, hold the same words.
  const chats = await em.execute<(Chat & { readonly messages: number })[]>(
    `with gone as (
       delete from chat_message where id in (${fitting.sql})
       returning id, execution_id, owner, chat_id),
     ratings as (
       delete from chat_message_feedback where message_id in (select id from gone)),
     runs as (
       delete from execution where id in (select execution_id from gone))
     select owner, chat_id as "chatId", count(*)::int as messages from gone group by owner, chat_id`,
    [...fitting.params],
  )
  await forgetUploads(em, chatflowid, await ended(em, chatflowid, chats))
  return chats.reduce((sum, { messages }) => sum + messages, 0)
}

/** Those of which no message is left. */
async function ended(
  em: SqlEntityManager,
  chatflowid: string,
  chats: readonly Chat[],
): Promise<readonly Chat[]> {
  return em.execute<Chat[]>(
    `select owner, "chatId" from jsonb_to_recordset(?::jsonb) as c(owner text, "chatId" text)
     where not exists (
       select from chat_message m
       where m.chatflowid = ? and m.owner = c.owner and m.chat_id = c."chatId")`,
    [JSON.stringify(chats), chatflowid],
  )
}

async function forgetUploads(
  em: SqlEntityManager,
  chatflowid: string,
  chats: readonly Chat[],
): Promise<void> {
  await em.execute(
    `delete from chat_file f using jsonb_to_recordset(?::jsonb) as c(owner text, "chatId" text)
     where f.chatflowid = ? and f.owner = c.owner and f.chat_id = c."chatId"`,
    [JSON.stringify(chats), chatflowid],
  )
  await forgetChats(em, chatflowid, chats)
}
