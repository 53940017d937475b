import { fetchRepository } from '../../documents/github.ts'
import { loaded, loaderInputs, plainReading } from '../../documents/loader.ts'
import { missing } from '../../model/parts.ts'
import { defineNode } from '../../node/define.ts'
import { anything, bool, number, text } from '../../node/inputs.ts'
import { parseJson } from '../../text/paths.ts'
import { httpUrl, withoutEndSlashes } from '../../text/urls.ts'

/** The text files of a repository on GitHub, or on a server of one's own. */
export const github = defineNode({
  name: 'github',
  label: 'Github',
  version: 2,
  category: 'Document Loaders',
  description: 'Loads the text files of a repository.',
  credential: 'githubApi',
  inputs: {
    ...loaderInputs,
    // With the credential, a caller could have any repository that it opens.
    repoLink: text({ endpoint: true }),
    branch: text({ default: 'main' }),
    recursive: bool({ default: false }),
    maxConcurrency: number({ default: 2 }),
    githubBaseUrl: text({ endpoint: true, default: 'https://github.com' }),
    githubInstanceApi: text({ endpoint: true, default: 'https://api.github.com' }),
    ignorePath: anything(),
  },
  build: async (inputs, context) => {
    const place = placeIn(inputs.repoLink, inputs.githubBaseUrl)
    const api = withoutEndSlashes(httpUrl(inputs.githubInstanceApi))
    if (place === undefined) throw missing(context, 'the link of a repository')
    if (api === undefined) throw missing(context, 'an http URL of the API')
    const { branch, recursive, ignorePath, maxConcurrency } = inputs
    const { accessToken: token = '' } = await context.credential()
    const ignored = patternsIn(ignorePath)
    const atOnce = Math.max(1, Math.min(Math.floor(maxConcurrency), 8))
    const spec = { ...place, api, branch, recursive, ignored, atOnce, token }
    const files = () => fetchRepository(spec, context)
    return loaded(inputs, { files, reading: { ...plainReading, kind: 'text' } }, context)
  },
})

/** `https://github.com/owner/repository`, and a folder where `/tree/branch/folder` follows. */
function placeIn(link: string, base: string) {
  const home = withoutEndSlashes(httpUrl(base))
  const url = httpUrl(link)
  if (home === undefined || url === undefined || !url.startsWith(`${home}/`)) return undefined
  const [owner, name, , , ...folders] = url.slice(home.length + 1).split(/[/?#]/)
  if (!owner || !name) return undefined
  const repository = name.replace(/\.git$/, '')
  const folder = folders.map(plain).join('/').replace(/\/$/, '')
  return { owner, repository, folder, link: `${home}/${owner}/${repository}` }
}

function plain(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}

/** A JSON list, as such or as text. */
function patternsIn(ignorePath: unknown): readonly string[] {
  const list = typeof ignorePath === 'string' ? parseJson(ignorePath) : ignorePath
  return Array.isArray(list) ? list.filter((pattern) => typeof pattern === 'string') : []
}
