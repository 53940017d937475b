import { z } from 'zod'
import type { RateRule } from '../core/rate.ts'
import {
  duration,
  isEgressEntry,
  isOrigin,
  list,
  number,
  secretRing,
  size,
  toggle,
  url,
} from './config-values.ts'

/** Failed attempts count, but for `anonymousPredictionPerAddress`, where every call does. */
const rateLimitNames = [
  'loginPerAddress',
  'loginPerAccount',
  'refreshPerAddress',
  'exchangePerAddress',
  'verifyPerAddress',
  'anonymousPredictionPerAddress',
] as const

export type RateLimitName = (typeof rateLimitNames)[number]

export const defaultRateLimits: Readonly<Record<RateLimitName, RateRule>> = {
  loginPerAddress: { limit: 50, windowSeconds: 900 },
  loginPerAccount: { limit: 10, windowSeconds: 900 },
  refreshPerAddress: { limit: 60, windowSeconds: 300 },
  exchangePerAddress: { limit: 30, windowSeconds: 300 },
  verifyPerAddress: { limit: 30, windowSeconds: 300 },
  anonymousPredictionPerAddress: { limit: 60, windowSeconds: 60 },
}

const rateRule = z
  .strictObject({ limit: z.int().min(1).max(1e9), windowSeconds: z.int().min(1).max(31_536_000) })
  .optional()

const rateRules = z.strictObject({
  loginPerAddress: rateRule,
  loginPerAccount: rateRule,
  refreshPerAddress: rateRule,
  exchangePerAddress: rateRule,
  verifyPerAddress: rateRule,
  anonymousPredictionPerAddress: rateRule,
})

const rateLimits = z.string().transform((text, context) => {
  const parsed = rateRules.safeParse(parseJson(text))
  if (parsed.success) return withDefaults(parsed.data)
  const message =
    `must be JSON such as {"loginPerAccount":{"limit":10,"windowSeconds":900}}, with any of ` +
    rateLimitNames.join(', ')
  context.addIssue({ code: 'custom', message })
  return z.NEVER
})

const secret = z.string().regex(/^[\x21-\x7e]+$/, 'must be printable characters without blanks')

/** One line a variable, in the order of the documentation. Absent and empty mean the default. */
export const variables = z.object({
  PORT: number(0, 65_535).default(3000),
  HOST: z
    .string()
    .regex(/^[\w.:%-]+$/, 'must be a host name or an address')
    .default('127.0.0.1'),
  DATABASE_URL: url(['postgres:', 'postgresql:']).optional(),
  DATABASE_ADMIN_URL: url(['postgres:', 'postgresql:']).optional(),
  DATA_DIR: z.string().default('.data'),
  ADMIN_EMAIL: z.email('must be an e-mail address').optional(),
  ADMIN_PASSWORD: z
    .string()
    .refine(
      (text) => Array.from(text).length >= 8 && Array.from(text).length <= 128,
      'must have 8 to 128 characters',
    )
    .optional(),
  JWT_SECRETS: secretRing.optional(),
  VAULT_KEYS: secretRing.optional(),
  JWT_TTL: duration(86_400).default(900),
  REFRESH_TTL: duration(31_536_000).default(2_592_000),
  API_KEYS_MANAGE: toggle.default(false),
  ANONYMOUS_ACCESS: toggle.default(true),
  INTROSPECTION: toggle.default(true),
  REDIS_URL: url(['redis:', 'rediss:']).optional(),
  CORS_ORIGINS: list(
    isOrigin,
    'must be a comma-separated list of origins such as https://app.example.com',
  ).default([]),
  TRUST_PROXY: number(0, 16).default(0),
  LOG_LEVEL: z
    .enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'], {
      error: 'must be trace, debug, info, warn, error, fatal or silent',
    })
    .default('info'),
  BODY_LIMIT: size(1024, 104_857_600).default(10_485_760),
  UPLOAD_LIMIT: size(1024, 1_073_741_824).default(209_715_200),
  RATE_LIMITS: rateLimits.default(defaultRateLimits),
  EGRESS_ALLOW: list(
    isEgressEntry,
    'must be a comma-separated list of hosts or CIDRs, each with an optional port',
  ).default([]),
  RETENTION_DAYS: number(1, 3650).default(90),
  SHUTDOWN_TIMEOUT: duration(600).default(25),
  DB_POOL: number(1, 500).default(10),
  METRICS_TOKEN: secret.optional(),
  METRICS_PORT: number(0, 65_535).optional(),
  NODE_ENV: z.string().default('development'),
})

export type Values = z.infer<typeof variables>

export const variableNames: readonly string[] = Object.keys(variables.shape)

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function withDefaults(given: z.infer<typeof rateRules>): Readonly<Record<RateLimitName, RateRule>> {
  const rules = { ...defaultRateLimits }
  for (const name of rateLimitNames) rules[name] = given[name] ?? rules[name]
  return rules
}
