/**
 * The engine with every kind of node is a fifth of all code. A start does without it: it is loaded
 * once the server answers, or with the first flow.
 */
export function loadEngine() {
  return import('../engine/index.ts')
}
