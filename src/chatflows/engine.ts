import type * as Engine from '../engine/index.ts'

/**
 * The engine with every kind of node is a fifth of all code. A start does without it: it is loaded
 * once the server answers, or with the first flow.
 */
export function loadEngine(): Promise<typeof Engine> {
  return (loading ??= import('../engine/index.ts'))
}

let loading: Promise<typeof Engine> | undefined
