import { docsPath, graphqlPath } from '../paths.ts'
import { compress, styleType, type Asset } from './assets.ts'
import { escapeHtml } from './policy.ts'

const stylePath = '/assets/page.css'
export const iconPath = '/assets/icon.svg'

export interface PageParts {
  readonly title: string
  /** The page's own place, so that its link is marked. */
  readonly path: string
  /** Further elements of the head. */
  readonly head?: string
  readonly main: string
}

/** A page of ours around its main part. */
export function layout({ title, path, head = '', main }: PageParts): string {
  const links = places.map(([place, text]) => {
    const current = place === path ? ' aria-current="page"' : ''
    return `<a href="${place}"${current}>${text}</a>`
  })
  return `${documentHead(title, `<link rel="stylesheet" href="${stylePath}">${head}`)}
<body>
<header><nav aria-label="Pages">${links.join('')}</nav></header>
<main>
${main}
</main>
</body>
</html>
`
}

/** From the doctype to the end of the head. */
export function documentHead(title: string, more: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title>
<link rel="icon" href="${iconPath}" type="image/svg+xml">
${more}
</head>`
}

const places: readonly (readonly [string, string])[] = [
  ['/', 'Flowgate'],
  [graphqlPath, 'GraphiQL'],
  [docsPath, 'REST reference'],
]

/** What every page of ours refers to. */
export function layoutAssets(): Asset[] {
  return [
    { path: stylePath, headers: styleType, load: () => compress(style) },
    {
      path: iconPath,
      headers: { 'content-type': 'image/svg+xml' },
      load: () => compress(icon),
    },
  ]
}

const icon = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">
<rect width="32" height="32" rx="7" fill="#0b6e5b"/>
<path d="M8 23V12a4 4 0 0 1 8 0v8a4 4 0 0 0 8 0V9" fill="none" stroke="#fff"
 stroke-width="3.5" stroke-linecap="round"/></svg>
`

const style = `:root {
  color-scheme: light dark;
  --paper: light-dark(#fff, #16191c);
  --ink: light-dark(#1c2024, #e8eaec);
  --faint: light-dark(#525a61, #a9b1b8);
  --line: light-dark(#d8dde1, #3a4046);
  --panel: light-dark(#f4f6f7, #1f2327);
  --accent: light-dark(#0b6e5b, #5fd3b8);
  --bad: light-dark(#b3261e, #ff9a91);
}
* { box-sizing: border-box; }
body { margin: 0; font: 16px/1.6 system-ui, sans-serif; color: var(--ink); background: var(--paper); }
a { color: var(--accent); }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
header { border-bottom: 1px solid var(--line); }
header nav { display: flex; flex-wrap: wrap; gap: 0 1.5rem; max-width: 60rem; margin: 0 auto;
  padding: .6rem 1.25rem; }
header a { color: var(--faint); text-decoration: none; padding: .15rem 0; }
header a:hover { color: var(--ink); }
header a[aria-current] { color: var(--ink); font-weight: 600; }
main { max-width: 60rem; margin: 0 auto; padding: 2rem 1.25rem 4rem; }
.plain h1 { margin: 0; font-size: 2.1rem; line-height: 1.2; }
.plain h1 small { font-size: 1rem; font-weight: 400; color: var(--faint); }
.plain h2 { margin: 2.5rem 0 .75rem; font-size: 1.15rem; }
.plain dt { margin-top: .8rem; }
.plain dd { margin-left: 1.5rem; color: var(--faint); }
.lead { margin: .5rem 0 1.5rem; font-size: 1.1rem; color: var(--faint); }
.health { display: flex; flex-wrap: wrap; align-items: baseline; gap: 0 .6rem; margin: 0;
  padding: .7rem 1rem; border: 1px solid var(--line); border-left: 4px solid var(--faint);
  border-radius: 6px; }
.health[data-state="ready"] { border-left-color: var(--accent); }
.health[data-state="unwell"] { border-left-color: var(--bad); }
.health output { font-weight: 600; }
.health a { margin-left: auto; }
.places { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(22rem, 100%), 1fr));
  gap: 1rem; margin: 0; padding: 0; list-style: none; }
.places a { display: block; height: 100%; padding: .9rem 1rem; border: 1px solid var(--line);
  border-radius: 6px; color: inherit; text-decoration: none; }
.places a:hover { border-color: var(--accent); background: var(--panel); }
.places strong { display: block; color: var(--accent); }
.places span { color: var(--faint); font-size: .95rem; }
.calls { margin: 0; padding: 1rem; overflow-x: auto; background: var(--panel);
  border: 1px solid var(--line); border-radius: 6px; font: .9rem/1.5 ui-monospace, monospace; }
/* Swagger UI is roomier than a page that has a head already needs. */
main .swagger-ui .info { margin: 0 0 1rem; }
main .swagger-ui .scheme-container { margin: 0; padding: 1rem 0; background: none; box-shadow: none;
  border-block: 1px solid var(--line); }
main .swagger-ui .filter .operation-filter-input { margin: 1rem 0; }
`
