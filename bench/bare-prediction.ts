import { Agent, request, type IncomingMessage, type ServerResponse } from 'node:http'
import type { Pool } from 'pg'

const agent = new Agent({ keepAlive: true })

const findFlow = {
  name: 'flow',
  text: 'select id, flow_data as "flowData" from chatflow where id = $1 and workspace_id = $2',
}

const addMessage = {
  name: 'message',
  text: `insert into chat_message (id, workspace_id, chatflowid, chat_id, session_id, owner, role,
           content, created_date)
         values (gen_random_uuid(), $1, $2, $3, $3, $4, $5, $6, now())`,
}

interface Asked {
  readonly pool: Pool
  readonly flowId: string
  readonly workspaceId: string
  readonly body: { readonly question: string; readonly streaming?: boolean }
}

/** The least there is to a prediction: reads the flow, passes the answer on, keeps both messages. */
export async function predict(asked: Asked, response: ServerResponse): Promise<void> {
  const { pool, flowId, workspaceId, body } = asked
  const { rows } = await pool.query({ ...findFlow, values: [flowId, workspaceId] })
  if (rows.length === 0) throw new Error('There is no such flow.')
  const { question, streaming = false } = body
  const answer = await ask(question, streaming)
  response.setHeader('content-type', answer.headers['content-type'] ?? '')
  let text = ''
  for await (const piece of answer.setEncoding('utf8')) {
    text += piece
    if (streaming) response.write(piece)
  }
  const content = streaming ? spoken(text) : whole(text)
  const chatId = `chat-${process.hrtime.bigint()}`
  for (const [role, words] of [
    ['userMessage', question],
    ['apiMessage', content],
  ]) {
    const values = [workspaceId, flowId, chatId, 'bench', role, words]
    await pool.query({ ...addMessage, values })
  }
  response.end(streaming ? undefined : JSON.stringify({ text: content, question, chatId }))
}

function ask(question: string, stream: boolean): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const url = `${process.env['PROVIDER_URL']}/v1/chat/completions`
    const headers = { 'content-type': 'application/json', authorization: 'Bearer sk-bench' }
    const messages = [{ role: 'user', content: question }]
    request(url, { method: 'POST', agent, headers }, resolve)
      .on('error', reject)
      .end(JSON.stringify({ model: 'bench', messages, stream }))
  })
}

interface Choice {
  readonly message?: { readonly content: string }
  readonly delta?: { readonly content?: string }
}

function whole(json: string): string {
  return (JSON.parse(json) as { choices: Choice[] }).choices[0]?.message?.content ?? ''
}

function spoken(events: string): string {
  const frames = events.split('\n\n').filter((frame) => frame.startsWith('data: {'))
  const choices = frames.map((frame) => JSON.parse(frame.slice(6)) as { choices: Choice[] })
  return choices.map(({ choices: [choice] }) => choice?.delta?.content ?? '').join('')
}
