import { hash } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import process from 'node:process'
import { json } from 'node:stream/consumers'
import { Pool } from 'pg'
import { predict } from './bare-prediction.ts'

// The yardstick: node:http and pg, the same queries prepared, the same answers, and nothing else.
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

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { url = '', headers } = request
  const presented =
    url.split('/api/v1/verify/apikey/')[1] ?? headers.authorization?.slice('Bearer '.length) ?? ''
  const { rows } = await pool.query<KeyRow>({ ...findKey, values: [hash('sha256', presented)] })
  const [key] = rows
  if (!key) return send(response, 401, null)
  const flowId = url.split('/api/v1/prediction/')[1]
  if (flowId) {
    const body = (await json(request)) as { question: string; streaming?: boolean }
    return predict({ pool, flowId, workspaceId: key.workspaceId, body }, response)
  }
  if (url.startsWith('/api/v1/verify/')) return send(response, 200, { valid: true, ...key })
  const found = await pool.query({ ...listFlows, values: [key.workspaceId] })
  return send(response, 200, found.rows)
}

function send(response: ServerResponse, status: number, value: unknown): void {
  response.statusCode = status
  response.setHeader('content-type', 'application/json; charset=utf-8')
  response.end(JSON.stringify(value))
}

const server = createServer((request, response) => {
  answer(request, response).catch(() => response.destroy())
})
server.listen(Number(process.env['PORT']), '127.0.0.1')
