import { graphql } from './generated/gql.ts'
import type { TypedDocumentString } from './generated/graphql.ts'

// Signs in, makes a key and a chatflow, asks it, and lists what is there. Operations and answers are
// typed by "npm run codegen". Run it against a server:
//   FLOWGATE_PASSWORD=… node examples/typed-client/main.ts
const url = `${process.env['FLOWGATE_URL'] ?? 'http://127.0.0.1:3000'}/graphql`

const signIn = graphql(`
  mutation SignIn($username: String!, $password: String!) {
    login(username: $username, password: $password) {
      token
      user {
        email
      }
    }
  }
`)

const createKey = graphql(`
  mutation CreateKey($keyName: String!, $permissions: [String!]!) {
    createApiKey(keyName: $keyName, permissions: $permissions) {
      id
      apiKey
    }
  }
`)

const createFlow = graphql(`
  mutation CreateFlow($name: String!, $apikeyid: String) {
    createChatflow(name: $name, apikeyid: $apikeyid) {
      id
    }
  }
`)

const ask = graphql(`
  mutation Ask($id: String!, $question: String!) {
    createPrediction(id: $id, question: $question) {
      text
      chatId
    }
  }
`)

const listChatflows = graphql(`
  query ListChatflows {
    chatflows {
      id
      name
      updatedDate
    }
  }
`)

const { login } = await run(signIn, {
  username: process.env['FLOWGATE_USER'] ?? 'owner@example.com',
  password: process.env['FLOWGATE_PASSWORD'] ?? '',
})
console.log(`Signed in as ${login.user.email}`)

const { createApiKey: key } = await run(
  createKey,
  { keyName: 'Typed client', permissions: ['predictions:create'] },
  login.token,
)
const { createChatflow: flow } = await run(
  createFlow,
  { name: 'From the typed client', apikeyid: key.id },
  login.token,
)
const { createPrediction } = await run(ask, { id: flow.id, question: 'Hello!' }, key.apiKey)
console.log(`It answers: ${createPrediction.text}`)

const { chatflows } = await run(listChatflows, {}, login.token)
for (const { id, name, updatedDate } of chatflows) console.log(`${updatedDate}  ${id}  ${name}`)

/** Throws the first error of the answer. */
async function run<Result, Variables>(
  document: TypedDocumentString<Result, Variables>,
  variables: Variables,
  token?: string,
): Promise<Result> {
  const response = await fetch(url, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...(token && { authorization: `Bearer ${token}` }),
    },
    body: JSON.stringify({ query: document.toString(), variables }),
  })
  const answer = (await response.json()) as { data: Result; errors?: { message: string }[] }
  if (answer.errors?.[0]) throw new Error(answer.errors[0].message)
  return answer.data
}
