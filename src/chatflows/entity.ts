import { defineEntity, p, type InferEntity } from '@mikro-orm/core'
import { createdDate, id, ofWorkspace, updatedDate, workspaceId } from '../db/columns.ts'

export const chatflowTypes = ['CHATFLOW', 'AGENTFLOW', 'MULTIAGENT', 'ASSISTANT'] as const
export type ChatflowType = (typeof chatflowTypes)[number]

/** A stored flow. The JSON columns are text: they come back byte for byte as they were given. */
export const Chatflow = defineEntity({
  name: 'Chatflow',
  tableName: 'chatflow',
  ...ofWorkspace,
  properties: {
    id: id(),
    workspaceId: workspaceId(),
    name: p.text(),
    flowData: p.text(),
    type: p.text().$type<ChatflowType>(),
    deployed: p.boolean(),
    isPublic: p.boolean(),
    /** The only key that opens the flow. No foreign key: the binding outlives the key, closed. */
    apikeyid: p.text().nullable(),
    category: p.text().nullable(),
    chatbotConfig: p.text().nullable(),
    apiConfig: p.text().nullable(),
    analytic: p.text().nullable(),
    speechToText: p.text().nullable(),
    textToSpeech: p.text().nullable(),
    followUpPrompts: p.text().nullable(),
    createdDate: createdDate(),
    updatedDate: updatedDate(),
  },
  indexes: [
    { properties: ['workspaceId', 'updatedDate', 'id'] },
    { properties: ['workspaceId', 'apikeyid'] },
  ],
})
export type Chatflow = InferEntity<typeof Chatflow>
