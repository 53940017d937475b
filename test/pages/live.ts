import { listen, type Listening } from '../../src/server/listen.ts'
import { startApp, type StartOptions, type TestApp } from '../harness.ts'

/** A server on a socket of the loopback interface, with its owner signed in. */
export interface LiveServer extends TestApp {
  readonly url: string
}

export async function startServer(options: StartOptions = {}): Promise<LiveServer> {
  const app = await startApp(options)
  const where = { host: '127.0.0.1', port: 0, shutdownTimeoutSeconds: 1, trustProxy: 0 }
  const server: Listening = await listen(app.app, where)
  return {
    ...app,
    url: server.url,
    async close() {
      await server.close()
      await app.close()
    },
  }
}
