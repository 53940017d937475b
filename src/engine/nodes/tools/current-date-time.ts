import { defineNode } from '../../node/define.ts'
import type { Tool } from '../../node/instances.ts'

export const currentDateTime = defineNode({
  name: 'currentDateTime',
  label: 'CurrentDateTime',
  version: 1,
  category: 'Tools',
  description: 'Says what time it is.',
  inputs: {},
  build: async (_inputs, { ports }): Promise<Tool> => ({
    kind: 'tool',
    name: 'current_date_time',
    description: 'Useful to get the current day, date and time.',
    schema: { type: 'object', properties: {}, additionalProperties: false },
    run: async () => {
      const now = ports.clock.now()
      return JSON.stringify({
        date: now.toISOString(),
        day: now.toLocaleDateString('en-US', { weekday: 'long', timeZone: 'UTC' }),
        timezone: 'UTC',
      })
    },
  }),
})
