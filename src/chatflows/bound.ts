import DataLoader from 'dataloader'
import type { Ctx } from '../context.ts'
import { boundTo, type BoundChatflow } from './service.ts'

/** The flows bound to a key; keys asked for together are read together. */
export function loadBound(ctx: Ctx, keyId: string): Promise<BoundChatflow[]> {
  return loaderOf(ctx).load(keyId)
}

const name = 'chatflows bound to keys'

/** One loader an operation: what one caller was shown is never another's. */
function loaderOf(ctx: Ctx): DataLoader<string, BoundChatflow[]> {
  const known = ctx.loaders.get(name) as DataLoader<string, BoundChatflow[]> | undefined
  const loader =
    known ??
    new DataLoader(async (keyIds: readonly string[]) => {
      const bound = await boundTo(ctx, keyIds)
      return keyIds.map((id) => bound.filter((flow) => flow.apikeyid === id))
    })
  ctx.loaders.set(name, loader)
  return loader
}
