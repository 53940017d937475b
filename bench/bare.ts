import { hash } from 'node:crypto'
import { createServer } from 'node:http'
import process from 'node:process'
import { Pool } from 'pg'

// The yardstick: node:http and pg, the same two queries prepared, the same answers, and nothing else.
const pool = new Pool({ connectionString: process.env['DATABASE_URL'], max: 10 })

interface KeyRow {
  readonly id: string
  readonly keyName: string
  readonly permissions: string[]
  readonly workspaceId: string
  readonly expiresDate: Date | null
}

const findKey = {
  name: 'key',
  text: `select id, key_name as "keyName", permissions, workspace_id as "workspaceId",
           expires_date as "expiresDate" from api_key where key_digest = $1`,
}

const listFlows = {
  name: 'flows',
  text: `select id, name, flow_data as "flowData", type, deployed, is_public as "isPublic", apikeyid,
           category, chatbot_config as "chatbotConfig", api_config as "apiConfig", analytic,
           speech_to_text as "speechToText", text_to_speech as "textToSpeech",
           follow_up_prompts as "followUpPrompts", workspace_id as "workspaceId",
           created_date as "createdDate", updated_date as "updatedDate"
         from chatflow where workspace_id = $1 order by updated_date desc, id desc limit 1000`,
}

async function answer(url: string, authorization: string): Promise<unknown> {
  const presented = url.split('/api/v1/verify/apikey/')[1] ?? authorization.slice('Bearer '.length)
  const { rows } = await pool.query<KeyRow>({ ...findKey, values: [hash('sha256', presented)] })
  const [key] = rows
  if (!key) return null
  if (url.startsWith('/api/v1/verify/')) return { valid: true, ...key }
  return (await pool.query({ ...listFlows, values: [key.workspaceId] })).rows
}

const server = createServer((request, response) => {
  answer(request.url ?? '', request.headers.authorization ?? '').then(
    (value) => {
      response.statusCode = value ? 200 : 401
      response.setHeader('content-type', 'application/json; charset=utf-8')
      return response.end(JSON.stringify(value))
    },
    () => response.destroy(),
  )
})
server.listen(Number(process.env['PORT']), '127.0.0.1')
