/** Arguments beside those in the path come by the query string with these methods, else by the body. */
export function readsQuery(method: RouteMethod): boolean {
  return method === 'GET' || method === 'DELETE'
}

/** A root field of the schema, such as `Query.chatflows`. */
export type FieldName = `Query.${string}` | `Mutation.${string}`

export type RouteMethod = 'GET' | 'POST' | 'PUT' | 'DELETE'

/**
 * One REST operation: which field answers which request. What it means, who may call it and what
 * it takes stands in the schema alone.
 */
export interface Route {
  readonly field: FieldName
  readonly method: RouteMethod
  /** Below `/api/v1`; `:name` is the field's argument of that name. */
  readonly path: `/${string}`
  /** The field that answers instead when `page` and `limit` are given. */
  readonly paged?: FieldName
  readonly tag: Tag
  /** A chat widget on any web page calls it. */
  readonly widget?: true
  /** The subscription that answers, as server-sent events, when the body says `streaming: true`. */
  readonly streams?: string
  /** Answers with the file in `data`, in base64, of the type in `mime`. */
  readonly file?: true
  /** Takes multipart forms too, whose files become the argument of this name. */
  readonly files?: string
  /** Takes the forms of RFC 6749 and answers its errors. */
  readonly oauth?: true
}

/** The chapters of the REST reference, in order. */
export const tags = {
  Authentication: 'Signing in, sessions, and exchanging an API key for a token.',
  Workspaces: 'The workspaces of the signed-in person.',
  'API keys': 'Keys for programs, and checking one.',
  Chatflows: 'Managing chatflows.',
  'Public chatflows': 'What a page that embeds a chatflow reads.',
  Predictions: 'Running a chatflow.',
  Messages: 'Conversations, what people thought of them, and the runs behind them.',
  Vectors: 'Filling the vector store of a chatflow.',
  'Document stores': 'Documents in chunks under one name, for flows to search.',
  Credentials: 'Secrets that chatflows use for services of others.',
  Tools: 'JavaScript tools that agents call.',
  Variables: 'Values that chatflows read as $vars.',
  'Audit log': 'Who did what.',
  Server: 'About this server.',
} as const

export type Tag = keyof typeof tags

/** Below this path every route stands. */
export const basePath = '/api/v1'

type Row = readonly [
  method: RouteMethod,
  path: Route['path'],
  field: FieldName,
  more?: Pick<Route, 'paged' | 'widget' | 'oauth' | 'streams' | 'files' | 'file'>,
]

const widget = { widget: true } as const

const table: Readonly<Record<Tag, readonly Row[]>> = {
  Authentication: [
    ['POST', '/auth/login', 'Mutation.login'],
    ['POST', '/auth/refreshToken', 'Mutation.refreshToken'],
    ['POST', '/auth/logout', 'Mutation.logout'],
    ['POST', '/auth/changePassword', 'Mutation.changePassword'],
    ['POST', '/auth/token', 'Mutation.token', { oauth: true }],
    ['GET', '/auth/me', 'Query.me'],
    ['GET', '/auth/sessions', 'Query.sessions'],
    ['DELETE', '/auth/sessions/:id', 'Mutation.endSession'],
    ['POST', '/auth/acceptInvite', 'Mutation.acceptInvite'],
  ],
  Workspaces: [
    ['GET', '/workspaces', 'Query.workspaces'],
    ['POST', '/workspaces', 'Mutation.createWorkspace'],
    ['POST', '/workspaces/:id/switch', 'Mutation.switchWorkspace'],
    ['POST', '/workspaces/:id/leave', 'Mutation.leaveWorkspace'],
    ['POST', '/workspaces/:id/remove', 'Mutation.removeWorkspace'],
    ['GET', '/workspaces/:id/members', 'Query.members'],
    ['POST', '/workspaces/:id/members', 'Mutation.addMember'],
    ['PUT', '/workspaces/:id/members/:userId', 'Mutation.updateMember'],
    ['DELETE', '/workspaces/:id/members/:userId', 'Mutation.removeMember'],
    ['POST', '/workspaces/:id/members/:userId/resetPassword', 'Mutation.resetPassword'],
    ['POST', '/workspaces/:id/members/:userId/disable', 'Mutation.disableUser'],
    ['POST', '/workspaces/:id/members/:userId/enable', 'Mutation.enableUser'],
  ],
  'API keys': [
    ['GET', '/apikey', 'Query.apiKeys', { paged: 'Query.apiKeyPage' }],
    ['POST', '/apikey', 'Mutation.createApiKey'],
    ['GET', '/apikey/:id', 'Query.apiKey'],
    ['PUT', '/apikey/:id', 'Mutation.updateApiKey'],
    ['DELETE', '/apikey/:id', 'Mutation.deleteApiKey'],
    ['GET', '/apikey/:id/usage', 'Query.apiKeyUsage'],
    ['POST', '/apikey/:id/rotate', 'Mutation.rotateApiKey'],
    ['GET', '/verify/apikey/:key', 'Query.verifyApiKey'],
  ],
  'Audit log': [['GET', '/audit-log', 'Query.auditLog']],
  Chatflows: [
    ['GET', '/chatflows', 'Query.chatflows', { paged: 'Query.chatflowPage' }],
    ['POST', '/chatflows', 'Mutation.createChatflow'],
    ['GET', '/chatflows/:id', 'Query.chatflow'],
    ['PUT', '/chatflows/:id', 'Mutation.updateChatflow'],
    ['DELETE', '/chatflows/:id', 'Mutation.deleteChatflow'],
    ['GET', '/chatflows/apikey/:key', 'Query.chatflowsByApiKey'],
    ['GET', '/chatflows/has-changed/:id/:lastUpdatedDateTime', 'Query.chatflowHasChanged'],
    ['GET', '/validation/:id', 'Query.validateChatflow'],
    ['GET', '/export-chatflow/:id', 'Query.exportChatflow'],
    ['POST', '/import-chatflow', 'Mutation.importChatflow'],
    ['GET', '/nodes', 'Query.nodes'],
    ['GET', '/nodes/:name', 'Query.node'],
  ],
  'Public chatflows': [
    ['GET', '/public-chatflows/:id', 'Query.publicChatflow', widget],
    ['GET', '/public-chatbotConfig/:id', 'Query.publicChatbotConfig', widget],
    ['GET', '/chatflows-streaming/:id', 'Query.chatflowStreaming', widget],
    ['GET', '/chatflows-uploads/:id', 'Query.chatflowUploads', widget],
  ],
  Predictions: [
    [
      'POST',
      '/prediction/:id',
      'Mutation.createPrediction',
      { widget: true, streams: 'prediction', files: 'uploads' },
    ],
    ['PUT', '/chatmessage/abort/:id/:chatId', 'Mutation.abortPrediction', widget],
  ],
  Messages: [
    ['GET', '/chatmessage/:id', 'Query.chatMessages', { paged: 'Query.chatMessagePage' }],
    ['DELETE', '/chatmessage/:id', 'Mutation.deleteChatMessages'],
    ['GET', '/feedback/:id', 'Query.feedback'],
    ['POST', '/feedback/:id', 'Mutation.giveFeedback', widget],
    ['PUT', '/feedback/:id', 'Mutation.updateFeedback', widget],
    ['GET', '/leads/:id', 'Query.leads'],
    ['POST', '/leads', 'Mutation.leaveLead', widget],
    [
      'POST',
      '/attachments/:chatflowId/:chatId',
      'Mutation.createAttachments',
      { widget: true, files: 'files' },
    ],
    ['GET', '/get-upload-file', 'Query.uploadedFile', { widget: true, file: true }],
    ['GET', '/executions', 'Query.executions'],
    ['GET', '/executions/:id', 'Query.execution'],
  ],
  Vectors: [
    [
      'POST',
      '/vector/upsert/:id',
      'Mutation.upsertVectors',
      { widget: true, streams: 'vectorUpsert', files: 'files' },
    ],
    ['PUT', '/vector/upsert/abort/:id/:upsertId', 'Mutation.abortUpsert'],
    ['GET', '/upsert-history/:id', 'Query.upsertHistory'],
  ],
  'Document stores': [
    ['GET', '/document-store/store', 'Query.documentStores', { paged: 'Query.documentStorePage' }],
    ['POST', '/document-store/store', 'Mutation.createDocumentStore'],
    ['GET', '/document-store/store/:id', 'Query.documentStore'],
    ['PUT', '/document-store/store/:id', 'Mutation.updateDocumentStore'],
    ['DELETE', '/document-store/store/:id', 'Mutation.deleteDocumentStore'],
    ['POST', '/document-store/loader/preview', 'Query.previewDocumentLoader', { files: 'files' }],
    ['POST', '/document-store/loader/save', 'Mutation.saveDocumentLoader', { files: 'files' }],
    ['POST', '/document-store/loader/process/:id', 'Mutation.processDocumentLoader'],
    ['DELETE', '/document-store/loader/:storeId/:id', 'Mutation.deleteDocumentLoader'],
    ['GET', '/document-store/chunks/:storeId/:docId/:page', 'Query.documentStoreChunks'],
    ['PUT', '/document-store/chunks/:storeId/:docId/:id', 'Mutation.updateDocumentChunk'],
    ['DELETE', '/document-store/chunks/:storeId/:docId/:id', 'Mutation.deleteDocumentChunk'],
    ['POST', '/document-store/vectorstore/save', 'Mutation.configureDocumentStore'],
    [
      'POST',
      '/document-store/vectorstore/insert',
      'Mutation.fillDocumentStore',
      { streams: 'documentStoreFill' },
    ],
    ['POST', '/document-store/vectorstore/query', 'Query.searchDocumentStore'],
    ['DELETE', '/document-store/vectorstore/:storeId', 'Mutation.emptyDocumentStore'],
    [
      'POST',
      '/document-store/upsert/:id',
      'Mutation.upsertDocumentStore',
      { streams: 'documentStoreUpsert', files: 'files' },
    ],
    ['POST', '/document-store/refresh/:id', 'Mutation.refreshDocumentStore'],
  ],
  Credentials: [
    ['GET', '/credentials', 'Query.credentials'],
    ['POST', '/credentials', 'Mutation.createCredential'],
    ['GET', '/credentials/:id', 'Query.credential'],
    ['PUT', '/credentials/:id', 'Mutation.updateCredential'],
    ['DELETE', '/credentials/:id', 'Mutation.deleteCredential'],
    ['GET', '/components-credentials', 'Query.credentialKinds'],
    ['GET', '/components-credentials/:name', 'Query.credentialKind'],
  ],
  Tools: [
    ['GET', '/tools', 'Query.tools', { paged: 'Query.toolPage' }],
    ['POST', '/tools', 'Mutation.createTool'],
    ['GET', '/tools/:id', 'Query.tool'],
    ['PUT', '/tools/:id', 'Mutation.updateTool'],
    ['DELETE', '/tools/:id', 'Mutation.deleteTool'],
  ],
  Variables: [
    ['GET', '/variables', 'Query.variables'],
    ['GET', '/variables/:id', 'Query.variable'],
    ['POST', '/variables', 'Mutation.createVariable'],
    ['PUT', '/variables/:id', 'Mutation.updateVariable'],
    ['DELETE', '/variables/:id', 'Mutation.deleteVariable'],
  ],
  Server: [['GET', '/version', 'Query.version']],
}

/** Every REST operation, each once. A field that is not named here has no route. */
export const routes: readonly Route[] = Object.entries(table).flatMap(([tag, rows]) =>
  rows.map(([method, path, field, more]) => ({ field, method, path, tag: tag as Tag, ...more })),
)
