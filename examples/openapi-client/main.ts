import createClient from 'openapi-fetch'
import type { paths } from './generated/api.ts'

// Does over REST what the typed client does over GraphQL. Paths, bodies and answers are typed by the
// OpenAPI document, by "npm run codegen". Run it against a server:
//   FLOWGATE_PASSWORD=… node examples/openapi-client/main.ts
const baseUrl = `${process.env['FLOWGATE_URL'] ?? 'http://127.0.0.1:3000'}/api/v1`
const api = createClient<paths>({ baseUrl })

const login = orThrow(
  await api.POST('/auth/login', {
    body: {
      username: process.env['FLOWGATE_USER'] ?? 'owner@example.com',
      password: process.env['FLOWGATE_PASSWORD'] ?? '',
    },
  }),
)
console.log(`Signed in as ${login.user.email}`)
const asOwner = { headers: { authorization: `Bearer ${login.token}` } }

const key = orThrow(
  await api.POST('/apikey', {
    ...asOwner,
    body: { keyName: 'OpenAPI client', permissions: ['predictions:create'] },
  }),
)
const flow = orThrow(
  await api.POST('/chatflows', {
    ...asOwner,
    body: { name: 'From the OpenAPI client', apikeyid: key.id },
  }),
)
const answer = orThrow(
  await api.POST('/prediction/{id}', {
    params: { path: { id: flow.id } },
    headers: { authorization: `Bearer ${key.apiKey}` },
    body: { question: 'Hello!' },
  }),
)
console.log(`It answers: ${answer.text}`)

const query = { page: 1, limit: 20 }
const flows = orThrow(await api.GET('/chatflows', { ...asOwner, params: { query } }))
// With page and limit it is a page; without them, a bare array.
const rows = Array.isArray(flows) ? flows : flows.data
for (const { id, name, updatedDate } of rows) console.log(`${updatedDate}  ${id}  ${name}`)

/** The data, or the sentence that the server refused with. */
function orThrow<Data>(result: { data?: Data; error?: { message: string } }): Data {
  if (result.data === undefined) throw new Error(result.error?.message ?? 'There was no answer.')
  return result.data
}
