import { FlowiseClient } from 'flowise-sdk'

// Asks a chatflow with the SDK of Flowise as it is: all at once, then while it is being written.
//   FLOWGATE_FLOW=… FLOWGATE_KEY=sk_… node examples/sdk/main.ts
const client = new FlowiseClient({
  baseUrl: process.env['FLOWGATE_URL'] ?? 'http://127.0.0.1:3000',
  apiKey: process.env['FLOWGATE_KEY'] ?? '',
})
const chatflowId = process.env['FLOWGATE_FLOW'] ?? ''
const question = process.argv[2] ?? 'Hello!'

const whole = await client.createPrediction({ chatflowId, question })
console.log(`At once: ${whole.text}`)

const events = await client.createPrediction({ chatflowId, question, streaming: true })
const words: string[] = []
for await (const { event, data } of events) {
  if (event === 'token') words.push(data)
}
console.log(`Word by word: ${words.join('|')}`)
