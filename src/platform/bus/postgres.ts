import { randomBytes } from 'node:crypto'
import { Client, escapeIdentifier } from 'pg'
import { assertSendable, RESET } from './bus.ts'
import type { Bus } from './bus.ts'
import { createHandlers } from './handlers.ts'
import { keepConnected } from './reconnect.ts'

export interface PostgresBusOptions {
  /** Direct or session-mode: a transaction-mode pooler drops LISTEN. */
  readonly url: string
  /** PostgreSQL's notification channel, one for each database. */
  readonly channel: string
  /** Told of lost connections and of handlers that threw. */
  readonly onError: (error: unknown) => void
  /** Between signs of life of the connection, in milliseconds; default 1,000. */
  readonly heartbeatMs?: number
}

/** What waits for the next connection; beyond it, all topics are reset instead. */
const MAX_WAITING = 1000

/** The sender's name is followed by topic and payload; topics have no blanks. */
const message = /^(\S+) (\S+) (.*)$/s

/**
 * A bus over LISTEN/NOTIFY on a connection of its own. It connects by itself, again and again;
 * `healthy` is false until it listens. Each time it begins to, all handlers get `RESET`, for what
 * was missed meanwhile. What was published meanwhile is sent then.
 */
export function createPostgresBus(options: PostgresBusOptions): Bus {
  const { channel, onError } = options
  const handlers = createHandlers(onError)
  const sender = randomBytes(8).toString('hex')
  let waiting: string[] = []

  const receive = (text: string | undefined) => {
    const [, from, topic, payload] = message.exec(text ?? '') ?? []
    if (from === sender || topic === undefined || payload === undefined) return
    if (topic === RESET) handlers.reset()
    else handlers.dispatch(topic, payload)
  }

  const onOpen = async (client: Client) => {
    handlers.reset()
    while (waiting[0] !== undefined) {
      await notify(client, channel, waiting[0])
      waiting = waiting.slice(1)
    }
  }

  const link = keepConnected({
    open: () => listen(options, receive),
    onOpen,
    onError,
    heartbeatMs: options.heartbeatMs ?? 1000,
  })

  const sendOrQueue = async (text: string) => {
    try {
      const client = link.client()
      if (client !== undefined) return await notify(client, channel, text)
    } catch (error) {
      onError(error)
    }
    waiting = waiting.length < MAX_WAITING ? [...waiting, text] : [`${sender} ${RESET} ${RESET}`]
    link.hurry()
  }

  return {
    async publish(topic, payload) {
      assertSendable(topic, payload)
      handlers.dispatch(topic, payload)
      await sendOrQueue(`${sender} ${topic} ${payload}`)
    },
    subscribe: (topic, handler) => handlers.add(topic, handler),
    healthy: () => link.isUp(),
    async close() {
      handlers.clear()
      await link.close()
    },
  }
}

async function listen(
  { url, channel }: PostgresBusOptions,
  receive: (text: string | undefined) => void,
): Promise<Client> {
  const client = new Client({
    connectionString: url,
    connectionTimeoutMillis: 5000,
    query_timeout: 2000,
    keepAlive: true,
  })
  client.on('notification', (notification) => receive(notification.payload))
  // The heartbeat reports it; unheard, the event would end the process.
  client.on('error', () => undefined)
  try {
    await client.connect()
    await client.query(`listen ${escapeIdentifier(channel)}`)
    return client
  } catch (error) {
    client.end().catch(() => undefined)
    throw error
  }
}

async function notify(client: Client, channel: string, text: string): Promise<void> {
  await client.query('select pg_notify($1, $2)', [channel, text])
}
