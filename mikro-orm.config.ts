import { fileURLToPath } from 'node:url'
import { LoadStrategy } from '@mikro-orm/core'
import { Migrator } from '@mikro-orm/migrations'
import { defineConfig } from '@mikro-orm/postgresql'
import { Invite, RefreshToken, Session, User } from './src/accounts/entity.ts'
import { ApiKey, ApiKeyUsage } from './src/apikeys/entity.ts'
import { AuditEntry } from './src/audit/entity.ts'
import { Chatflow } from './src/chatflows/entity.ts'
import { Credential } from './src/credentials/entity.ts'
import {
  DocumentChunk,
  DocumentFile,
  DocumentFilePart,
  DocumentLoader,
  DocumentStore,
} from './src/documentstores/entity.ts'
import { ChatFile, ChatMessage, Execution, Feedback, Lead } from './src/predictions/entity.ts'
import { Tool } from './src/tools/entity.ts'
import { Variable } from './src/variables/entity.ts'
import { UpsertHistory, VectorBatch, VectorChunk, VectorSpace } from './src/vectors/entity.ts'
import { Membership, Organization, Workspace } from './src/workspaces/entity.ts'

/** What both drivers share; `src/db/open.ts` adds the driver and where to connect. */
export const options = {
  entities: [
    Organization,
    Workspace,
    User,
    Membership,
    Session,
    RefreshToken,
    Invite,
    ApiKey,
    ApiKeyUsage,
    AuditEntry,
    Credential,
    Tool,
    Variable,
    Chatflow,
    ChatFile,
    ChatMessage,
    Execution,
    Feedback,
    Lead,
    DocumentStore,
    DocumentLoader,
    DocumentChunk,
    DocumentFile,
    DocumentFilePart,
    VectorSpace,
    VectorBatch,
    VectorChunk,
    UpsertHistory,
  ],
  extensions: [Migrator],
  migrations: {
    path: fileURLToPath(new URL('schema/migrations', import.meta.url)),
    snapshotName: 'snapshot',
    transactional: true,
    allOrNothing: true,
  },
  // A filter joined into every reference costs more than the query; there are no references here.
  autoJoinRefsForFilters: false,
  forceUtcTimezone: true,
  // A second query per collection beats one wide join for lists.
  loadStrategy: LoadStrategy.SELECT_IN,
  // What goes wrong is thrown, and the server's own log tells it once.
  logger: () => undefined,
}

// The CLI writes migrations from the entities and a snapshot; it never connects to this name.
export default defineConfig({ ...options, dbName: 'flowgate', logger: console.log })
