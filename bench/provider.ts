import { createServer } from 'node:http'
import process from 'node:process'

// A provider that speaks OpenAI's format and takes no time: twenty pieces of an answer at once, and
// one of a few hundred vectors for each text.
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

const dimensions = 1536
/** Written once: making them up would take more time than anybody's upsert. */
const vectors = Array.from({ length: 509 }, (_, seed) => {
  const values = Array.from({ length: dimensions }, (_, at) =>
    (Math.sin(seed * 7919 + at * 104_729) / 40).toFixed(8),
  )
  return `[${values.join(',')}]`
})

function embeddings(body: string): string {
  const { input } = JSON.parse(body) as { input: string | string[] }
  const data = [input].flat().map((text, index) => {
    const seed = text.split('').reduce((sum, letter) => sum + letter.charCodeAt(0), text.length)
    const embedding = vectors[seed % vectors.length] ?? '[]'
    return `{"object":"embedding","index":${index},"embedding":${embedding}}`
  })
  return `{"object":"list","model":"bench","data":[${data.join(',')}],"usage":{"prompt_tokens":1,"total_tokens":1}}`
}

const server = createServer((request, response) => {
  let body = ''
  request.setEncoding('utf8')
  request.on('data', (piece: string) => {
    body += piece
  })
  request.on('end', () => {
    if (request.url?.endsWith('/embeddings')) {
      response.setHeader('content-type', 'application/json')
      return response.end(embeddings(body))
    }
    const isStreamed = body.includes('"stream":true')
    const type = isStreamed ? 'text/event-stream' : 'application/json'
    response.setHeader('content-type', type)
    if (!isStreamed) return response.end(whole)
    for (const piece of streamed) response.write(piece)
    return response.end()
  })
})
server.listen(Number(process.env['PORT']), '127.0.0.1')
