/** What an API key may hold: the published list, in its published order. */
export const keyPermissions = [
  'chatflows:create',
  'chatflows:read',
  'chatflows:view',
  'chatflows:update',
  'chatflows:delete',
  'predictions:create',
  'credentials:create',
  'credentials:view',
  'credentials:update',
  'credentials:delete',
  'tools:create',
  'tools:view',
  'tools:update',
  'tools:delete',
] as const

const documentStorePermissions = [
  'documentStores:view',
  'documentStores:create',
  'documentStores:update',
  'documentStores:delete',
] as const

/** What only a person's role may hold; no key carries these. */
export const personPermissions = [
  ...documentStorePermissions,
  'apikeys:view',
  'apikeys:create',
  'apikeys:update',
  'apikeys:delete',
  'users:manage',
  'workspaces:manage',
] as const

export const permissions = [...keyPermissions, ...personPermissions] as const

export type KeyPermission = (typeof keyPermissions)[number]
export type Permission = (typeof permissions)[number]

export const roles = ['owner', 'admin', 'editor', 'viewer'] as const
export type Role = (typeof roles)[number]

const permissionsByRole: Record<Role, readonly Permission[]> = {
  owner: permissions,
  admin: permissions,
  editor: [...keyPermissions, ...documentStorePermissions],
  viewer: ['chatflows:view', 'credentials:view', 'tools:view', 'documentStores:view'],
}

export function isKeyPermission(text: string): text is KeyPermission {
  return (keyPermissions as readonly string[]).includes(text)
}

export function isPermission(text: string): text is Permission {
  return (permissions as readonly string[]).includes(text)
}

/** The permissions of a member: an explicit list where one is set, else the role's. */
export function memberPermissions(role: Role, explicit: readonly string[] | null): Permission[] {
  return explicit ? explicit.filter(isPermission) : [...permissionsByRole[role]]
}

/** `chatflows:read` and `chatflows:view` are one permission under two names. */
function canonical(permission: string): string {
  return permission === 'chatflows:read' ? 'chatflows:view' : permission
}

/** Whether a holder of `held` may do what needs `wanted`. Holding more never takes anything away. */
export function permits(held: Iterable<string>, wanted: Permission): boolean {
  const name = canonical(wanted)
  for (const permission of held) if (canonical(permission) === name) return true
  return false
}

/** Those of `wanted` that a holder of `held` lacks. */
export function lacking(held: Iterable<string>, wanted: readonly Permission[]): Permission[] {
  const names = new Set([...held].map(canonical))
  return wanted.filter((permission) => !names.has(canonical(permission)))
}
