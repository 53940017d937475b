import { AbortSignal } from './abort.ts'
import { pairsOf } from './border.ts'
import type { Fetch, Response } from './fetch.ts'
import { URL, URLSearchParams } from './url.ts'

export interface AxiosConfig {
  readonly url?: string
  readonly baseURL?: string
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly params?: unknown
  readonly data?: unknown
  readonly auth?: { readonly username: string; readonly password: string }
  /** Milliseconds; 0 is for ever. */
  readonly timeout?: number
  readonly responseType?: 'json' | 'text' | 'arraybuffer'
  readonly validateStatus?: ((status: number) => boolean) | null
}

export interface AxiosResponse {
  readonly data: unknown
  readonly status: number
  readonly statusText: string
  readonly headers: Readonly<Record<string, string>>
  readonly config: AxiosConfig
}

export class AxiosError extends Error {
  readonly isAxiosError = true
  readonly code: string
  readonly config: AxiosConfig
  readonly response: AxiosResponse | undefined

  constructor(
    message: string,
    told: { code: string; config: AxiosConfig; response?: AxiosResponse },
  ) {
    super(message)
    this.name = 'AxiosError'
    this.code = told.code
    this.config = told.config
    this.response = told.response
  }
}

export function axiosQuery(params: unknown): string {
  if (typeof params !== 'object' || params === null) return ''
  if (params instanceof URLSearchParams) return params.toString()
  const query = new URLSearchParams()
  for (const [name, value] of Object.entries(params)) {
    if (Array.isArray(value)) value.forEach((item) => query.append(`${name}[]`, item))
    else if (value !== undefined && value !== null) query.append(name, value)
  }
  return query.toString()
}

export function axiosUrl({ url = '', baseURL, params }: AxiosConfig): string {
  const isWhole = baseURL === undefined || /^[a-z]+:/i.test(url)
  const target = isWhole ? url : `${baseURL.replace(/\/+$/, '')}/${url.replace(/^\/+/, '')}`
  const query = axiosQuery(params)
  if (query === '') return target
  return `${target}${target.includes('?') ? '&' : '?'}${query}`
}

export function axiosHeaders({ headers, auth }: AxiosConfig): Record<string, string> {
  const all: Record<string, string> = { accept: 'application/json, text/plain, */*' }
  for (const [name, value] of pairsOf(headers)) all[name.toLowerCase()] = value
  if (auth) all['authorization'] = `Basic ${btoa(`${auth.username}:${auth.password}`)}`
  return all
}

/** Writes a plain object as a form when the headers say so, else as JSON, and says so itself. */
export function axiosBody(data: unknown, headers: Record<string, string>): unknown {
  const form = 'application/x-www-form-urlencoded'
  if (typeof data === 'string') headers['content-type'] ??= form
  if (typeof data !== 'object' || data === null) return data
  const known = [ArrayBuffer, Uint8Array, URLSearchParams]
  if (known.some((kind) => data instanceof kind)) return data
  if (headers['content-type']?.startsWith(form)) return new URLSearchParams(data)
  headers['content-type'] ??= 'application/json'
  return JSON.stringify(data)
}

export async function axiosData(response: Response, config: AxiosConfig): Promise<unknown> {
  if (config.responseType === 'arraybuffer') return response.arrayBuffer()
  const text = await response.text()
  if (config.responseType === 'text') return text
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

/** One request in the manner of axios: JSON both ways, and an error for a status that is none. */
export async function axiosRequest(fetch: Fetch, config: AxiosConfig): Promise<AxiosResponse> {
  const { method = 'GET', timeout = 0, validateStatus } = config
  const signal = timeout > 0 ? AbortSignal.timeout(timeout) : null
  const headers = axiosHeaders(config)
  const init = { method, headers, body: axiosBody(config.data, headers), signal }
  const answer = await fetch(axiosUrl(config), init).catch((error: Error) => {
    const late = error.name === 'TimeoutError'
    const message = late ? `timeout of ${timeout}ms exceeded` : error.message
    throw new AxiosError(message, { code: late ? 'ECONNABORTED' : 'ERR_NETWORK', config })
  })
  const response: AxiosResponse = {
    data: await axiosData(answer, config),
    status: answer.status,
    statusText: answer.statusText,
    headers: Object.fromEntries(answer.headers),
    config,
  }
  const fine = validateStatus === undefined ? answer.ok : (validateStatus?.(answer.status) ?? true)
  if (fine) return response
  const code = answer.status < 500 ? 'ERR_BAD_REQUEST' : 'ERR_BAD_RESPONSE'
  const message = `Request failed with status code ${answer.status}`
  throw new AxiosError(message, { code, config, response })
}

export function createAxios(fetch: Fetch, defaults: AxiosConfig): unknown {
  const request = (
    target: string | AxiosConfig,
    more: AxiosConfig = {},
  ): Promise<AxiosResponse> => {
    const given = typeof target === 'string' || target instanceof URL
    const config = given ? { ...more, url: String(target) } : target
    const headers = { ...defaults.headers, ...config.headers }
    return axiosRequest(fetch, { ...defaults, ...config, headers })
  }
  const bare = (method: string) => (url: string, config?: AxiosConfig) =>
    request(url, { ...config, method })
  const full = (method: string) => (url: string, data?: unknown, config?: AxiosConfig) =>
    request(url, { ...config, method, data })
  const axios = Object.assign(request, {
    request,
    defaults,
    get: bare('GET'),
    delete: bare('DELETE'),
    head: bare('HEAD'),
    options: bare('OPTIONS'),
    post: full('POST'),
    put: full('PUT'),
    patch: full('PATCH'),
    create: (more: AxiosConfig = {}) => createAxios(fetch, { ...defaults, ...more }),
    isAxiosError: (error: unknown) => error instanceof AxiosError,
    AxiosError,
  })
  return Object.assign(axios, { default: axios })
}

export function installAxios(): typeof createAxios {
  return createAxios
}
