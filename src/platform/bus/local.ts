import { assertSendable } from './bus.ts'
import type { Bus } from './bus.ts'
import { createHandlers } from './handlers.ts'

/** The bus of a server that runs alone: always healthy. */
export function createLocalBus(onError: (error: unknown) => void): Bus {
  const handlers = createHandlers(onError)
  return {
    async publish(topic, payload) {
      assertSendable(topic, payload)
      handlers.dispatch(topic, payload)
    },
    subscribe: (topic, handler) => handlers.add(topic, handler),
    healthy: () => true,
    async close() {
      handlers.clear()
    },
  }
}
