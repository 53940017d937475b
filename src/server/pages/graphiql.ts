import type { Endpoint } from '../exchange.ts'
import { graphqlPath } from '../paths.ts'
import { assetEndpoint, browserScript, compress, giveAsset } from './assets.ts'
import { scriptType, styleType, type Asset } from './assets.ts'
import { exampleTabs, noToken } from './graphiql-examples.ts'
import { loadGraphiql, type GraphiqlFiles } from './graphiql-files.ts'
import { documentHead, iconPath } from './layout.ts'
import { pageHeaders } from './policy.ts'

const folder = '/assets/graphiql'

/** GraphiQL for browsers, at the path where programs post operations. */
export function graphiqlEndpoints(): Endpoint[] {
  const give = giveAsset(
    pageHeaders({
      'worker-src': "'self'",
      // The editor writes its theme into style elements.
      'style-src': "'self' 'unsafe-inline'",
      'font-src': "'self' data:",
    }),
    () => compress(html),
  )
  const page: Endpoint = {
    method: 'GET',
    path: graphqlPath,
    answer: give,
  }
  return [page, ...assets().map(assetEndpoint)]
}

function assets(): Asset[] {
  let loading: Promise<GraphiqlFiles> | null = null
  const part = (name: keyof GraphiqlFiles) => async () => {
    loading ??= loadGraphiql()
    try {
      return (await loading)[name]
    } catch (error) {
      loading = null
      throw error
    }
  }
  const workers = ['editorWorkerService', 'json', 'graphql'] as const
  return [
    { path: `${folder}/library.js`, headers: scriptType, load: part('library') },
    { path: `${folder}/style.css`, headers: styleType, load: part('style') },
    ...workers.map((name) => ({
      path: `${folder}/${name}.worker.js`,
      headers: scriptType,
      load: part(name),
    })),
    browserScript(`${folder}/start.js`, 'graphiql.js'),
  ]
}

const options = {
  title: '<a href="/" style="color: inherit; text-decoration: none">Flowgate</a>',
  logo: `<img src="${iconPath}" alt="" width="32" height="32">`,
  endpoint: graphqlPath,
  defaultTabs: exampleTabs,
  defaultHeaders: noToken,
  defaultEditorToolsVisibility: 'headers',
  // The page's script sees to it that they are not kept for long.
  shouldPersistHeaders: true,
}

const html = `${documentHead(
  'Flowgate GraphiQL',
  `<link rel="stylesheet" href="${folder}/style.css">
<script src="${folder}/library.js" defer></script>
<script src="${folder}/start.js" type="module"></script>`,
)}
<body>
<noscript>GraphiQL needs JavaScript. Programs send their operations to this address by POST.</noscript>
<div id="root" data-folder="${folder}"></div>
<script type="application/json" id="options">${asJson(options)}</script>
</body>
</html>
`

/** JSON that cannot end the element it stands in. */
function asJson(value: unknown): string {
  return JSON.stringify(value).replaceAll('<', String.raw`\u003c`)
}
