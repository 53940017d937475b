import * as abort from './guest/abort.ts'
import * as axios from './guest/axios.ts'
import * as border from './guest/border.ts'
import * as clone from './guest/clone.ts'
import * as console from './guest/console.ts'
import * as driver from './guest/driver.ts'
import * as fetch from './guest/fetch.ts'
import * as hashes from './guest/hashes.ts'
import * as intl from './guest/intl.ts'
import * as main from './guest/main.ts'
import * as messages from './guest/messages.ts'
import * as text from './guest/text.ts'
import * as timers from './guest/timers.ts'
import * as url from './guest/url.ts'

type Guest = Readonly<Record<string, unknown>>

/**
 * Sources the sandbox asks for when it first needs them: QuickJS parses some ten characters in a
 * microsecond, in every run anew.
 */
export const groups: Readonly<Record<string, string>> = {
  url: groupOf(url, url.installUrl),
  text: groupOf(text, text.installText),
  abort: groupOf(abort, abort.installAbort),
  clone: groupOf(clone, clone.installClone),
  axios: groupOf(axios, axios.installAxios),
  hashes: groupOf(hashes, hashes.installHashes),
  messages: groupOf(messages, messages.installMessages),
}

/**
 * Source of a function that takes the `Host` and returns the `Driver`. It keeps a `JSON` of its
 * own, so that code which replaces that of the realm still gets an answer out. The `eval` is
 * direct, so a group sees the names of this scope.
 */
export const prelude = `(function (host) { 'use strict'
const JSON = { parse: globalThis.JSON.parse, stringify: globalThis.JSON.stringify }
const load = (group) => eval(ask('group', group))
${[border, driver, timers, console, intl, fetch, main].map(sourceOf).join('\n')}
return main()
})`

function sourceOf(guest: Guest): string {
  return Object.values(guest).map(String).join('\n')
}

function groupOf(guest: Guest, install: () => unknown): string {
  return `${sourceOf(guest)}\n${install.name}()`
}
