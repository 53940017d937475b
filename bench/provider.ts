import { createServer } from 'node:http'
import process from 'node:process'

// A provider that speaks OpenAI's format and takes no time: twenty pieces of an answer at once.
const words = Array.from({ length: 20 }, (_, index) => `word${index} `)
const usage = { prompt_tokens: 20, completion_tokens: 20, total_tokens: 40 }
const head = { id: 'chatcmpl-bench', created: 1_700_000_000, model: 'bench' }

const whole = JSON.stringify({
  ...head,
  object: 'chat.completion',
  choices: [
    { index: 0, message: { role: 'assistant', content: words.join('') }, finish_reason: 'stop' },
  ],
  usage,
})

const chunk = (fields: object) =>
  `data: ${JSON.stringify({ ...head, object: 'chat.completion.chunk', ...fields })}\n\n`
const streamed = [
  ...words.map((content) => chunk({ choices: [{ index: 0, delta: { content } }] })),
  chunk({ choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] }),
  chunk({ choices: [], usage }),
  'data: [DONE]\n\n',
]

const server = createServer((request, response) => {
  let body = ''
  request.setEncoding('utf8')
  request.on('data', (piece: string) => {
    body += piece
  })
  request.on('end', () => {
    const isStreamed = body.includes('"stream":true')
    const type = isStreamed ? 'text/event-stream' : 'application/json'
    response.setHeader('content-type', type)
    if (!isStreamed) return response.end(whole)
    for (const piece of streamed) response.write(piece)
    return response.end()
  })
})
server.listen(Number(process.env['PORT']), '127.0.0.1')
