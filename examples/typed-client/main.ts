import { graphql } from './generated/gql.ts'
import type { TypedDocumentString } from './generated/graphql.ts'

// Signs in and lists the chatflows, with types written by "npm run codegen". Run it against a server:
//   FLOWGATE_USER=… FLOWGATE_PASSWORD=… node examples/typed-client/main.ts
const url = process.env['FLOWGATE_URL'] ?? 'http://127.0.0.1:3000/graphql'

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

const listChatflows = graphql(`
  query ListChatflows {
    chatflows {
      id
      name
      updatedDate
    }
  }
`)

const { login } = await ask(signIn, {
  username: process.env['FLOWGATE_USER'] ?? 'owner@example.com',
  password: process.env['FLOWGATE_PASSWORD'] ?? '',
})
console.log(`Signed in as ${login.user.email}`)

const { chatflows } = await ask(listChatflows, {}, login.token)
for (const { id, name, updatedDate } of chatflows) console.log(`${updatedDate}  ${id}  ${name}`)

/** Throws the first error of the answer. */
async function ask<Result, Variables>(
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
