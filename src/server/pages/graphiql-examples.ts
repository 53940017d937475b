/** One tab of GraphiQL. */
export interface ExampleTab {
  readonly query: string
  /** JSON; comments are allowed in both. */
  readonly variables?: string
  readonly headers: string
}

/** What stands in the headers of a new tab: a comment, so that nothing is sent before it is real. */
export const noToken = `{
  // Token or API key, without the slashes:
  // "Authorization": "Bearer …"
}`

/** What a visitor finds: the first steps, in order. */
export const exampleTabs: readonly ExampleTab[] = [
  {
    query: `# 1. Sign in. Your e-mail and password go under
#    "Variables" below; then press the button.
#    The token in the answer goes under "Headers"
#    of the next tabs. It lasts 15 minutes.

mutation Login($username: String!, $password: String!) {
  login(username: $username, password: $password) {
    token
    refreshToken
    user {
      email
      activeWorkspaceId
    }
  }
}
`,
    variables: `{
  "username": "owner@example.com",
  "password": ""
}`,
    headers: noToken,
  },
  {
    query: `# 2. Create an API key, with the token of step 1
#    under "Headers". Key and secret are shown now
#    and never again.

mutation CreateKey($keyName: String!, $permissions: [String!]!) {
  createApiKey(keyName: $keyName, permissions: $permissions) {
    id
    apiKey
    apiSecret
  }
}
`,
    variables: `{
  "keyName": "From GraphiQL",
  "permissions": ["chatflows:read", "predictions:create"]
}`,
    headers: noToken,
  },
  {
    query: `# 3. Create a chatflow, with the token of step 1
#    under "Headers". With "apikeyid": "key_…" among
#    the variables, only that key may ask it.

mutation CreateChatflow($name: String!, $apikeyid: String) {
  createChatflow(name: $name, apikeyid: $apikeyid) {
    id
    name
    apikeyid
  }
}
`,
    variables: `{
  "name": "From GraphiQL"
}`,
    headers: noToken,
  },
  {
    query: `# 4. Ask it. The id of step 3 goes under "Variables",
#    the API key of step 2 under "Headers".

mutation Ask($id: String!, $question: String!) {
  createPrediction(id: $id, question: $question) {
    text
    chatId
  }
}
`,
    variables: `{
  "id": "",
  "question": "Hello!"
}`,
    headers: noToken,
  },
  {
    query: `# What is there, with the token of step 1
# under "Headers".

query Overview {
  me {
    email
    permissions
  }
  chatflows {
    id
    name
    isPublic
    apikeyid
  }
  apiKeys {
    id
    keyName
    apiKey
    usageCount
  }
}
`,
    headers: noToken,
  },
]
