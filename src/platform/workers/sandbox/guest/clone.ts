import { expose } from './border.ts'

export function cloneEntries(source: object, target: object, seen: Map<unknown, unknown>): void {
  seen.set(source, target)
  for (const [name, item] of Object.entries(source)) {
    const property = { writable: true, enumerable: true, configurable: true }
    Object.defineProperty(target, name, { ...property, value: cloneValue(item, seen) })
  }
}

export function cloneObject(source: object, seen: Map<unknown, unknown>): object {
  if (source instanceof Date) return new Date(source)
  if (source instanceof Uint8Array) return source.slice()
  if (source instanceof Map) {
    const map = new Map()
    seen.set(source, map)
    for (const [name, item] of source) map.set(cloneValue(name, seen), cloneValue(item, seen))
    return map
  }
  if (source instanceof Set) {
    const set = new Set()
    seen.set(source, set)
    for (const item of source) set.add(cloneValue(item, seen))
    return set
  }
  const target = Array.isArray(source) ? [] : {}
  cloneEntries(source, target, seen)
  return target
}

export function cloneValue(value: unknown, seen: Map<unknown, unknown>): unknown {
  if (typeof value === 'function') throw new TypeError('A function cannot be cloned.')
  if (typeof value !== 'object' || value === null) return value
  return seen.get(value) ?? cloneObject(value, seen)
}

/** `structuredClone` of plain values, dates, bytes, maps and sets, cycles included. */
export function installClone(): void {
  expose({ structuredClone: (value: unknown) => cloneValue(value, new Map()) })
}
