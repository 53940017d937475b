import { defineEntity, p, type InferEntity } from '@mikro-orm/core'
import { createdDate, id, ofWorkspace, timestamp, workspaceId } from '../db/columns.ts'
import type { RunStatus } from '../engine/node/events.ts'

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
    artifacts: p.json<unknown>().nullable(),
    action: p.json<unknown>().nullable(),
    /** Names and types of what was uploaded; never the data. */
    fileUploads: p.json<unknown>().nullable(),
    memoryType: p.text().nullable(),
    leadEmail: p.text().nullable(),
    executionId: p.uuid().nullable(),
    createdDate: createdDate(),
  },
  indexes: [{ properties: ['workspaceId', 'chatflowid', 'sessionId', 'createdDate'] }],
})
export type ChatMessage = InferEntity<typeof ChatMessage>

/** One run of a flow: how it ended, its steps, and what a later run of the session takes up. */
export const Execution = defineEntity({
  name: 'Execution',
  tableName: 'execution',
  ...ofWorkspace,
  properties: {
    id: id(),
    workspaceId: workspaceId(),
    chatflowid: p.uuid(),
    chatId: p.text(),
    sessionId: p.text(),
    owner: p.text(),
    status: p.text().$type<RunStatus>(),
    /** The steps of an agentflow, free of credential ids. */
    executedData: p.json<unknown>(),
    state: p.json<unknown>().nullable(),
    usage: p.json<unknown>().nullable(),
    error: p.text().nullable(),
    createdDate: createdDate(),
    endedDate: timestamp(),
    /** Until then another run goes on from where this one stopped; `infinity` once one has. */
    claimedUntil: timestamp().nullable().lazy(),
  },
  indexes: [
    { properties: ['workspaceId', 'createdDate', 'id'] },
    { properties: ['workspaceId', 'chatflowid', 'sessionId', 'createdDate'] },
  ],
})
export type Execution = InferEntity<typeof Execution>

/** A file of a conversation: a picture that was shown with a question, or a document read for one. */
export const ChatFile = defineEntity({
  name: 'ChatFile',
  tableName: 'chat_file',
  ...ofWorkspace,
  properties: {
    id: id(),
    workspaceId: workspaceId(),
    chatflowid: p.uuid(),
    chatId: p.text(),
    owner: p.text(),
    /** What the conversation calls it; there is one of a name. */
    name: p.text(),
    mime: p.text(),
    /** In bytes. */
    size: p.integer(),
    content: p.blob(),
    /** What was read of it; null for a picture. */
    text: p.text().nullable(),
    createdDate: createdDate(),
  },
  uniques: [{ properties: ['workspaceId', 'chatflowid', 'owner', 'chatId', 'name'] }],
})
export type ChatFile = InferEntity<typeof ChatFile>

/** What somebody thought of an answer. */
export const Feedback = defineEntity({
  name: 'Feedback',
  tableName: 'chat_message_feedback',
  ...ofWorkspace,
  properties: {
    id: id(),
    workspaceId: workspaceId(),
    chatflowid: p.uuid(),
    chatId: p.text(),
    messageId: p.uuid(),
    owner: p.text(),
    rating: p.text().$type<'THUMBS_UP' | 'THUMBS_DOWN'>(),
    content: p.text().nullable(),
    createdDate: createdDate(),
  },
  uniques: [{ properties: ['workspaceId', 'messageId'] }],
})
export type Feedback = InferEntity<typeof Feedback>

/** Who left their address in a chat. */
export const Lead = defineEntity({
  name: 'Lead',
  tableName: 'lead',
  ...ofWorkspace,
  properties: {
    id: id(),
    workspaceId: workspaceId(),
    chatflowid: p.uuid().index(),
    chatId: p.text(),
    name: p.text().nullable(),
    email: p.text().nullable(),
    phone: p.text().nullable(),
    createdDate: createdDate(),
  },
})
export type Lead = InferEntity<typeof Lead>
