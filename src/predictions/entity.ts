import { defineEntity, p, type InferEntity } from '@mikro-orm/core'
import { createdDate, id, ofWorkspace, workspaceId } from '../db/columns.ts'

export type MessageRole = 'userMessage' | 'apiMessage'

/** One turn of a conversation. `owner` is whose conversation it is: nobody else continues it. */
export const ChatMessage = defineEntity({
  name: 'ChatMessage',
  tableName: 'chat_message',
  ...ofWorkspace,
  properties: {
    id: id(),
    workspaceId: workspaceId(),
    chatflowid: p.uuid(),
    chatId: p.text(),
    sessionId: p.text(),
    owner: p.text(),
    role: p.text().$type<MessageRole>(),
    content: p.text(),
    sourceDocuments: p.json<unknown>().nullable(),
    usedTools: p.json<unknown>().nullable(),
    memoryType: p.text().nullable(),
    createdDate: createdDate(),
  },
  indexes: [{ properties: ['workspaceId', 'chatflowid', 'sessionId', 'createdDate'] }],
})
export type ChatMessage = InferEntity<typeof ChatMessage>
