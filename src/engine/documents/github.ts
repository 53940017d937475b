import { Failure } from '../../core/errors.ts'
import type { NodeContext } from '../node/context.ts'
import { caps, type DocumentFile } from '../node/load-job.ts'
import { isRecord, parseJson } from '../text/paths.ts'
import { callHttp } from '../tools/http-call.ts'
import { detect } from './detect.ts'
import { fetchPage } from './web.ts'

/** A place in a repository, and what of it is wanted. */
export interface RepositorySpec {
  /** Of the REST API, such as `https://api.github.com`. */
  readonly api: string
  readonly owner: string
  readonly repository: string
  /** Where people see the repository. */
  readonly link: string
  readonly branch: string
  /** A folder; empty is the whole repository. */
  readonly folder: string
  /** Folders inside it as well. */
  readonly recursive: boolean
  /** Patterns as in `.gitignore`. */
  readonly ignored: readonly string[]
  /** Files fetched at the same time. */
  readonly atOnce: number
  readonly token: string
}

type World = Pick<NodeContext, 'ports' | 'signal'>

const mostFiles = 2000
const binary =
  /\.(?:png|jpe?g|gif|webp|avif|ico|bmp|tiff?|psd|pdf|zip|gz|tgz|bz2|xz|7z|rar|jar|war|mp[34]|m4a|ogg|wav|mov|avi|webm|woff2?|ttf|otf|eot|exe|dll|so|dylib|class|pyc|o|a|bin|dat|wasm|db|sqlite|node)$/i

/**
 * The text files of a repository, by GitHub's REST API.
 * @throws Failure UPSTREAM, UNPROCESSABLE when there are too many or they are too large.
 */
export async function fetchRepository(spec: RepositorySpec, world: World): Promise<DocumentFile[]> {
  const listed = await listFiles(spec, world)
  const wanted = await chosen(listed, spec)
  refuseTooMuch(wanted)
  const files: DocumentFile[] = []
  for (let from = 0; from < wanted.length; from += spec.atOnce) {
    const batch = wanted.slice(from, from + spec.atOnce)
    files.push(...(await Promise.all(batch.map(({ path }) => fetchFile(path, spec, world)))))
  }
  return files.filter(isText)
}

interface Listed {
  readonly path: string
  readonly size: number
}

/** All files of the branch, in one answer. */
async function listFiles(spec: RepositorySpec, { ports, signal }: World): Promise<Listed[]> {
  const url = `${placeOf(spec)}/git/trees/${encodeURIComponent(spec.branch)}?recursive=1`
  const call = { url, method: 'GET', headers: headersOf(spec, 'json'), signal }
  const answer = parseJson(await callHttp(ports.fetch, call))
  const { tree, truncated } = isRecord(answer) ? answer : {}
  if (truncated === true) throw new Failure('UNPROCESSABLE', 'The repository has too many files.')
  const rows = Array.isArray(tree) ? tree.filter(isRecord) : []
  return rows.flatMap(({ type, path, size }) =>
    type === 'blob' && typeof path === 'string' ? [{ path, size: Number(size ?? 0) }] : [],
  )
}

async function chosen(
  files: readonly Listed[],
  { folder, recursive, ignored }: RepositorySpec,
): Promise<Listed[]> {
  const { default: ignore } = await import('ignore')
  const rules = ignore().add(ignored)
  const start = folder === '' ? '' : `${folder}/`
  return files.filter(({ path, size }) => {
    if (!path.startsWith(start) || size === 0) return false
    const isHere = recursive || !path.slice(start.length).includes('/')
    return isHere && !binary.test(path) && !rules.ignores(path)
  })
}

function refuseTooMuch(files: readonly Listed[]): void {
  const size = files.reduce((sum, file) => sum + file.size, 0)
  if (files.length <= mostFiles && size <= caps.whole) return
  const limit = `${mostFiles} files or ${caps.whole / 1024 ** 2} MiB`
  const sentence = `The repository has more than ${limit} to load: choose a folder, or ignore some.`
  throw new Failure('UNPROCESSABLE', sentence)
}

async function fetchFile(path: string, spec: RepositorySpec, world: World): Promise<DocumentFile> {
  const name = path.split('/').map(encodeURIComponent).join('/')
  const { branch, link: repository } = spec
  const url = `${placeOf(spec)}/contents/${name}?ref=${encodeURIComponent(branch)}`
  const { bytes } = await fetchPage(url, world, headersOf(spec, 'raw+json'))
  const metadata = { source: path, repository, branch }
  const origin = `${repository}/blob/${branch}/${path}`
  return { name: '', mime: 'text/plain', bytes, origin, metadata }
}

function placeOf({ api, owner, repository }: RepositorySpec): string {
  return `${api}/repos/${encodeURIComponent(owner)}/${encodeURIComponent(repository)}`
}

function headersOf({ token }: RepositorySpec, form: 'json' | 'raw+json'): Record<string, string> {
  const accept = `application/vnd.github.${form}`
  const authorization = token === '' ? {} : { authorization: `Bearer ${token}` }
  return {
    accept,
    'user-agent': 'flowgate',
    'x-github-api-version': '2022-11-28',
    ...authorization,
  }
}

/** What has no ending of its own may be anything. */
function isText(file: DocumentFile): boolean {
  try {
    return 'text' in detect(file, 'text')
  } catch (error) {
    if (error instanceof Failure) return false
    throw error
  }
}
