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
  /** Answers as server-sent events when the body says `streaming: true`. */
  readonly streams?: true
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
  Credentials: 'Secrets that chatflows use for services of others.',
  Tools: 'JavaScript tools that agents call.',
  Variables: 'Values that chatflows read as $vars.',
  'Audit log': 'Who did what.',
  Server: 'About this server.',
} as const

export type Tag = keyof typeof tags

/** Below this path every route stands. */
export const basePath = '/api/v1'

/** Every REST operation, each once. A field that is not named here has no route. */
export const routes: readonly Route[] = [
  { field: 'Mutation.login', method: 'POST', path: '/auth/login', tag: 'Authentication' },
  {
    field: 'Mutation.refreshToken',
    method: 'POST',
    path: '/auth/refreshToken',
    tag: 'Authentication',
  },
  { field: 'Mutation.logout', method: 'POST', path: '/auth/logout', tag: 'Authentication' },
  {
    field: 'Mutation.changePassword',
    method: 'POST',
    path: '/auth/changePassword',
    tag: 'Authentication',
  },
  {
    field: 'Mutation.token',
    method: 'POST',
    path: '/auth/token',
    tag: 'Authentication',
    oauth: true,
  },
  { field: 'Query.me', method: 'GET', path: '/auth/me', tag: 'Authentication' },
  { field: 'Query.sessions', method: 'GET', path: '/auth/sessions', tag: 'Authentication' },
  {
    field: 'Mutation.endSession',
    method: 'DELETE',
    path: '/auth/sessions/:id',
    tag: 'Authentication',
  },

  { field: 'Query.workspaces', method: 'GET', path: '/workspaces', tag: 'Workspaces' },
  { field: 'Mutation.createWorkspace', method: 'POST', path: '/workspaces', tag: 'Workspaces' },
  {
    field: 'Mutation.switchWorkspace',
    method: 'POST',
    path: '/workspaces/:id/switch',
    tag: 'Workspaces',
  },
  {
    field: 'Mutation.leaveWorkspace',
    method: 'POST',
    path: '/workspaces/:id/leave',
    tag: 'Workspaces',
  },
  {
    field: 'Mutation.removeWorkspace',
    method: 'POST',
    path: '/workspaces/:id/remove',
    tag: 'Workspaces',
  },
  { field: 'Query.members', method: 'GET', path: '/workspaces/:id/members', tag: 'Workspaces' },
  {
    field: 'Mutation.addMember',
    method: 'POST',
    path: '/workspaces/:id/members',
    tag: 'Workspaces',
  },
  {
    field: 'Mutation.updateMember',
    method: 'PUT',
    path: '/workspaces/:id/members/:userId',
    tag: 'Workspaces',
  },
  {
    field: 'Mutation.removeMember',
    method: 'DELETE',
    path: '/workspaces/:id/members/:userId',
    tag: 'Workspaces',
  },
  {
    field: 'Mutation.resetPassword',
    method: 'POST',
    path: '/workspaces/:id/members/:userId/resetPassword',
    tag: 'Workspaces',
  },
  {
    field: 'Mutation.disableUser',
    method: 'POST',
    path: '/workspaces/:id/members/:userId/disable',
    tag: 'Workspaces',
  },
  {
    field: 'Mutation.enableUser',
    method: 'POST',
    path: '/workspaces/:id/members/:userId/enable',
    tag: 'Workspaces',
  },
  {
    field: 'Mutation.acceptInvite',
    method: 'POST',
    path: '/auth/acceptInvite',
    tag: 'Authentication',
  },

  {
    field: 'Query.apiKeys',
    paged: 'Query.apiKeyPage',
    method: 'GET',
    path: '/apikey',
    tag: 'API keys',
  },
  { field: 'Mutation.createApiKey', method: 'POST', path: '/apikey', tag: 'API keys' },
  { field: 'Query.apiKey', method: 'GET', path: '/apikey/:id', tag: 'API keys' },
  { field: 'Mutation.updateApiKey', method: 'PUT', path: '/apikey/:id', tag: 'API keys' },
  { field: 'Mutation.deleteApiKey', method: 'DELETE', path: '/apikey/:id', tag: 'API keys' },
  { field: 'Query.apiKeyUsage', method: 'GET', path: '/apikey/:id/usage', tag: 'API keys' },
  { field: 'Query.auditLog', method: 'GET', path: '/audit-log', tag: 'Audit log' },

  { field: 'Mutation.rotateApiKey', method: 'POST', path: '/apikey/:id/rotate', tag: 'API keys' },
  { field: 'Query.verifyApiKey', method: 'GET', path: '/verify/apikey/:key', tag: 'API keys' },

  {
    field: 'Query.chatflows',
    paged: 'Query.chatflowPage',
    method: 'GET',
    path: '/chatflows',
    tag: 'Chatflows',
  },
  { field: 'Mutation.createChatflow', method: 'POST', path: '/chatflows', tag: 'Chatflows' },
  { field: 'Query.chatflow', method: 'GET', path: '/chatflows/:id', tag: 'Chatflows' },
  { field: 'Mutation.updateChatflow', method: 'PUT', path: '/chatflows/:id', tag: 'Chatflows' },
  { field: 'Mutation.deleteChatflow', method: 'DELETE', path: '/chatflows/:id', tag: 'Chatflows' },
  {
    field: 'Query.chatflowsByApiKey',
    method: 'GET',
    path: '/chatflows/apikey/:key',
    tag: 'Chatflows',
  },
  {
    field: 'Query.chatflowHasChanged',
    method: 'GET',
    path: '/chatflows/has-changed/:id/:lastUpdatedDateTime',
    tag: 'Chatflows',
  },
  { field: 'Query.validateChatflow', method: 'GET', path: '/validation/:id', tag: 'Chatflows' },

  {
    field: 'Query.publicChatflow',
    method: 'GET',
    path: '/public-chatflows/:id',
    tag: 'Public chatflows',
    widget: true,
  },
  {
    field: 'Query.publicChatbotConfig',
    method: 'GET',
    path: '/public-chatbotConfig/:id',
    tag: 'Public chatflows',
    widget: true,
  },
  {
    field: 'Query.chatflowStreaming',
    method: 'GET',
    path: '/chatflows-streaming/:id',
    tag: 'Public chatflows',
    widget: true,
  },
  {
    field: 'Query.chatflowUploads',
    method: 'GET',
    path: '/chatflows-uploads/:id',
    tag: 'Public chatflows',
    widget: true,
  },

  {
    field: 'Mutation.createPrediction',
    method: 'POST',
    path: '/prediction/:id',
    tag: 'Predictions',
    widget: true,
    streams: true,
  },
  {
    field: 'Mutation.abortPrediction',
    method: 'PUT',
    path: '/chatmessage/abort/:id/:chatId',
    tag: 'Predictions',
    widget: true,
  },
  {
    field: 'Query.chatMessages',
    paged: 'Query.chatMessagePage',
    method: 'GET',
    path: '/chatmessage/:id',
    tag: 'Messages',
  },
  {
    field: 'Mutation.deleteChatMessages',
    method: 'DELETE',
    path: '/chatmessage/:id',
    tag: 'Messages',
  },
  {
    field: 'Mutation.giveFeedback',
    method: 'POST',
    path: '/feedback/:id',
    tag: 'Messages',
    widget: true,
  },
  {
    field: 'Mutation.updateFeedback',
    method: 'PUT',
    path: '/feedback/:id',
    tag: 'Messages',
    widget: true,
  },
  { field: 'Mutation.leaveLead', method: 'POST', path: '/leads', tag: 'Messages', widget: true },
  { field: 'Query.executions', method: 'GET', path: '/executions', tag: 'Messages' },
  { field: 'Query.execution', method: 'GET', path: '/executions/:id', tag: 'Messages' },

  {
    field: 'Mutation.upsertVectors',
    method: 'POST',
    path: '/vector/upsert/:id',
    tag: 'Vectors',
    widget: true,
  },

  { field: 'Query.credentials', method: 'GET', path: '/credentials', tag: 'Credentials' },
  { field: 'Mutation.createCredential', method: 'POST', path: '/credentials', tag: 'Credentials' },
  { field: 'Query.credential', method: 'GET', path: '/credentials/:id', tag: 'Credentials' },
  {
    field: 'Mutation.updateCredential',
    method: 'PUT',
    path: '/credentials/:id',
    tag: 'Credentials',
  },
  {
    field: 'Mutation.deleteCredential',
    method: 'DELETE',
    path: '/credentials/:id',
    tag: 'Credentials',
  },
  {
    field: 'Query.credentialKinds',
    method: 'GET',
    path: '/components-credentials',
    tag: 'Credentials',
  },
  {
    field: 'Query.credentialKind',
    method: 'GET',
    path: '/components-credentials/:name',
    tag: 'Credentials',
  },

  { field: 'Query.tools', paged: 'Query.toolPage', method: 'GET', path: '/tools', tag: 'Tools' },
  { field: 'Mutation.createTool', method: 'POST', path: '/tools', tag: 'Tools' },
  { field: 'Query.tool', method: 'GET', path: '/tools/:id', tag: 'Tools' },
  { field: 'Mutation.updateTool', method: 'PUT', path: '/tools/:id', tag: 'Tools' },
  { field: 'Mutation.deleteTool', method: 'DELETE', path: '/tools/:id', tag: 'Tools' },
  { field: 'Query.variables', method: 'GET', path: '/variables', tag: 'Variables' },
  { field: 'Query.variable', method: 'GET', path: '/variables/:id', tag: 'Variables' },
  { field: 'Mutation.createVariable', method: 'POST', path: '/variables', tag: 'Variables' },
  { field: 'Mutation.updateVariable', method: 'PUT', path: '/variables/:id', tag: 'Variables' },
  { field: 'Mutation.deleteVariable', method: 'DELETE', path: '/variables/:id', tag: 'Variables' },

  { field: 'Query.version', method: 'GET', path: '/version', tag: 'Server' },
]
