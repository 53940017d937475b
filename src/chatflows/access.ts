import type { FlowDemand, FlowHead } from '../context.ts'
import type { Caller, Principal } from '../core/caller.ts'
import { permits } from '../core/permissions.ts'

/** Why somebody may not open a flow, or that they may. */
export type Admission =
  | { readonly admitted: true; readonly as: 'principal' | 'anyone' }
  | { readonly admitted: false; readonly code: 'UNAUTHENTICATED' }
  | { readonly admitted: false; readonly code: 'NOT_FOUND' }
  | { readonly admitted: false; readonly code: 'FORBIDDEN'; readonly message: string }

export interface Visit {
  readonly caller: Caller
  readonly demand: Pick<FlowDemand, 'anyOf' | 'anonymous'>
  /** The page a browser calls from; null where no browser calls. */
  readonly origin: string | null
  /** Whether this server opens public flows to anyone. */
  readonly anonymousAccess: boolean
}

/**
 * Decides who opens a flow: a bound flow only its key, an unbound one whoever of its workspace has
 * the permission, and a public one anyone where the demand allows it. A stranger cannot tell a
 * private flow from an unknown one.
 */
export function decideAccess(head: FlowHead | null, visit: Visit): Admission {
  const { caller } = visit
  if (caller.kind === 'anonymous' && caller.rejected) return unauthenticated
  const admission = head ? decide(head, visit) : refuseUnknown(caller)
  if (!head || !admission.admitted || originAllowed(head.chatbotConfig, visit.origin)) {
    return admission
  }
  return forbidden('This flow may not be called from a page of this origin.')
}

function decide(head: FlowHead, visit: Visit): Admission {
  const { caller, demand } = visit
  if (head.apikeyid != null) return decideBound(head, head.apikeyid, visit)
  const open = head.isPublic && demand.anonymous && visit.anonymousAccess
  if (caller.kind === 'anonymous') return open ? anyone : unauthenticated
  const belongs = caller.workspaceId === head.workspaceId
  if (belongs && holdsOne(caller, demand)) return asPrincipal
  if (open) return anyone
  return belongs ? lacksPermission(demand) : notFound
}

function decideBound(head: FlowHead, key: string, { caller, demand }: Visit): Admission {
  if (caller.kind === 'anonymous') return unauthenticated
  if (caller.workspaceId !== head.workspaceId) return notFound
  if (caller.kind !== 'key' || caller.keyId !== key) {
    return forbidden('This flow is bound to one API key, and this is not it.')
  }
  return holdsOne(caller, demand) ? asPrincipal : lacksPermission(demand)
}

function refuseUnknown(caller: Caller): Admission {
  return caller.kind === 'anonymous' ? unauthenticated : notFound
}

function holdsOne(caller: Principal, demand: Visit['demand']): boolean {
  return demand.anyOf.some((permission) => permits(caller.permissions, permission))
}

/** Without a list, or outside a browser, every origin is allowed; what is no list of texts allows none. */
function originAllowed(chatbotConfig: FlowHead['chatbotConfig'], origin: string | null): boolean {
  if (origin === null || !chatbotConfig) return true
  const config: unknown = JSON.parse(chatbotConfig)
  const listed: unknown =
    typeof config === 'object' && config !== null && 'allowedOrigins' in config
      ? config.allowedOrigins
      : null
  if (listed === null || listed === '') return true
  if (!Array.isArray(listed)) return false
  // Editors leave empty lines in the list.
  const origins = listed.filter((entry) => entry !== '')
  return origins.length === 0 || origins.includes(origin)
}

const asPrincipal: Admission = { admitted: true, as: 'principal' }
const anyone: Admission = { admitted: true, as: 'anyone' }
const unauthenticated: Admission = { admitted: false, code: 'UNAUTHENTICATED' }
const notFound: Admission = { admitted: false, code: 'NOT_FOUND' }

function forbidden(message: string): Admission {
  return { admitted: false, code: 'FORBIDDEN', message }
}

function lacksPermission(demand: Visit['demand']): Admission {
  return forbidden(`This needs the permission ${demand.anyOf.join(' or ')}.`)
}
