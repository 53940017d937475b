import type { Deps } from '../context.ts'
import { source } from '../db/list.ts'
import type { ChatflowType } from './entity.ts'

/** A chatflow as it is read. */
export interface ChatflowView {
  readonly id: string
  readonly workspaceId: string
  readonly name: string
  readonly flowData: string
  readonly type: ChatflowType
  readonly deployed: boolean
  readonly isPublic: boolean
  readonly apikeyid?: string | null | undefined
  readonly category?: string | null | undefined
  readonly chatbotConfig?: string | null | undefined
  readonly apiConfig?: string | null | undefined
  readonly analytic?: string | null | undefined
  readonly speechToText?: string | null | undefined
  readonly textToSpeech?: string | null | undefined
  readonly followUpPrompts?: string | null | undefined
  readonly createdDate: Date | string
  readonly updatedDate: Date | string
}

/** Where they are read from. */
export const chatflows = source<ChatflowView>('chatflow', [
  'id',
  'workspaceId',
  'name',
  'flowData',
  'type',
  'deployed',
  'isPublic',
  'apikeyid',
  'category',
  'chatbotConfig',
  'apiConfig',
  'analytic',
  'speechToText',
  'textToSpeech',
  'followUpPrompts',
  'createdDate',
  'updatedDate',
])

/** A flow of a workspace; null when there is none. */
export async function findFlow(
  { database }: Deps,
  { id, workspaceId }: Pick<ChatflowView, 'id' | 'workspaceId'>,
): Promise<ChatflowView | null> {
  const [flow] = await database.rows<ChatflowView>(
    database.workspaceEm({ workspaceId }),
    `select ${chatflows.columns} from ${chatflows.table} where id = ?`,
    [id],
  )
  return flow ?? null
}
