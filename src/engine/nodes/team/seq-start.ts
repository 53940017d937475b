import { defineNode } from '../../node/define.ts'
import { anchors, anything, optionalAnchor } from '../../node/inputs.ts'
import type { StateField } from '../../node/turn.ts'
import { isRecord } from '../../text/paths.ts'

/** Where a sequence of agents begins. */
export const seqStart = defineNode({
  name: 'seqStart',
  label: 'Start',
  version: 2,
  category: 'Sequential Agents',
  description: 'Starts a sequence of agents, with their model, memory and state.',
  inputs: {
    model: optionalAnchor('chatModel'),
    agentMemory: anything(),
    state: anything(),
    inputModeration: anchors('moderation'),
  },
  turn: async ({ model, agentMemory, state, inputModeration }) => {
    const fields = isRecord(state) && Array.isArray(state['fields']) ? state['fields'] : []
    return {
      start: {
        ...(model === undefined ? {} : { model }),
        fields: fields as StateField[],
        remembers: isRecord(agentMemory) && agentMemory['kind'] === 'teamMemory',
        moderations: inputModeration,
      },
    }
  },
})
