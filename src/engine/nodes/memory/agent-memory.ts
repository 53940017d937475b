import { defineNode } from '../../node/define.ts'

/** Lets a team remember what was said and noted in a session; the server keeps it. */
export const agentMemory = defineNode({
  name: 'agentMemory',
  aliases: ['sqliteAgentMemory', 'postgresAgentMemory', 'mySQLAgentMemory'],
  label: 'Agent Memory',
  version: 2,
  category: 'Memory',
  description:
    'Remembers the state of a team from one question to the next; this server keeps it, whatever ' +
    'database a flow was drawn for.',
  inputs: {},
  build: async () => ({ kind: 'teamMemory' }),
})
