import { post, signIn } from './client.ts'
import { owner } from './seed.ts'
import type { RunningServer } from './servers.ts'

export interface Upserted {
  readonly numAdded: number
}

export interface Found {
  readonly pageContent: string
  readonly metadata: Readonly<Record<string, unknown>>
}

/** A document store, filled and asked as its people do it. */
export interface FilledStore {
  readonly id: string
  readonly workspaceId: string
  upsert(files: readonly File[]): Promise<Upserted>
  search(query: string, topK?: number): Promise<readonly Found[]>
}

/** A new document store of a server, that makes vectors as `embedding` says. */
export async function makeStore(
  { url }: RunningServer,
  { embedding, splitter }: { readonly embedding: object; readonly splitter?: object },
): Promise<FilledStore> {
  const api = `${url}/api/v1/document-store`
  const token = await signIn(url, owner)
  const made = await post<Pick<FilledStore, 'id' | 'workspaceId'>>(
    `${api}/store`,
    { name: 'Bench' },
    token,
  )
  const { id, workspaceId } = made
  return {
    id,
    workspaceId,
    async upsert(files) {
      const form = new FormData()
      for (const file of files) form.append('files', file)
      form.append('embedding', JSON.stringify(embedding))
      if (splitter) form.append('splitter', JSON.stringify(splitter))
      return post(`${api}/upsert/${id}`, form, token)
    },
    async search(query, topK) {
      const asked = { storeId: id, query, topK }
      return (await post<{ docs: Found[] }>(`${api}/vectorstore/query`, asked, token)).docs
    },
  }
}
