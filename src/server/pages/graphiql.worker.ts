import { parentPort } from 'node:worker_threads'
import { gzipSync } from 'node:zlib'
import {
  css,
  editorWorkerService,
  graphqlWorker,
  js,
  jsonWorker,
} from '@graphql-yoga/render-graphiql/graphiql'
import type { GraphiqlFiles } from './graphiql-files.ts'

const files: GraphiqlFiles = {
  library: pack(js),
  style: pack(css),
  editorWorkerService: pack(editorWorkerService),
  json: pack(jsonWorker),
  graphql: pack(graphqlWorker),
}
parentPort?.postMessage(files, [])

function pack(text: string): Uint8Array {
  return gzipSync(text, { level: 9 })
}
