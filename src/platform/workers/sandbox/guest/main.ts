import type { createAxios } from './axios.ts'
import { expose, exposeLate, loadModule } from './border.ts'
import { installConsole } from './console.ts'
import { define, type Driver, start } from './driver.ts'
import { type Fetch, Headers, installFetch, Response } from './fetch.ts'
import { installIntl } from './intl.ts'
import { installTimers } from './timers.ts'

/** The modules that code of flows asks for; all others are named in the refusal. */
export function installRequire(fetch: Fetch): void {
  const modules = new Map<unknown, () => unknown>([
    ['node-fetch', () => Object.assign(fetch, { default: fetch, Headers, Response })],
    ['axios', () => (loadModule('axios') as typeof createAxios)(fetch, {})],
    ['@langchain/core/messages', () => loadModule('messages')],
    ['crypto', () => loadModule('hashes')],
    ['buffer', () => ({ Buffer })],
    ['url', () => ({ URL, URLSearchParams })],
  ])
  expose({
    require(name: unknown): unknown {
      const open = modules.get(String(name).replace(/^node:/, ''))
      if (open !== undefined) return open()
      const known = [...modules.keys()].join(', ')
      throw new Error(`Cannot find module '${String(name)}': there are only ${known} here.`)
    },
  })
}

/** Furnishes the empty realm; returns what the thread drives it by. */
export function main(): Driver {
  installConsole()
  installIntl()
  const tick = installTimers()
  const { fetch, settle } = installFetch()
  installRequire(fetch)
  exposeLate('url', ['URL', 'URLSearchParams'])
  exposeLate('text', ['TextEncoder', 'TextDecoder', 'btoa', 'atob', 'crypto', 'Buffer'])
  exposeLate('abort', ['AbortController', 'AbortSignal'])
  exposeLate('clone', ['structuredClone'])
  return { define, start, tick, settle }
}
