// Runs in the browser: starts GraphiQL with the options that the page carries.
const root = document.querySelector('#root')
const options = JSON.parse(document.querySelector('#options').textContent)
// Variables and headers hold passwords and tokens: they outlive a reload, but not the tab.
const storage = window.sessionStorage

window.MonacoEnvironment = {
  globalAPI: false,
  getWorkerUrl: (_module, label) => `${root.dataset.folder}/${label}.worker.js`,
}
// Tabs measure themselves once: in the wrong font, they would slip away under the mouse later.
await Promise.all([...document.fonts].map((font) => font.load()))
window.YogaGraphiQL.renderYogaGraphiQL(root, { ...options, ...beginning(), storage })

// What to begin with. GraphiQL writes the operation into the address, for others to open. On a
// reload it is among the tabs already; GraphiQL finds it there when it is named as the tab has it.
function beginning() {
  const shared = new URLSearchParams(window.location.search).get('query')
  window.history.replaceState(null, '', window.location.pathname)
  const stored = JSON.parse(storage.getItem('graphiql:tabState'))
  if (stored) {
    const { query, variables, headers } = stored.tabs[stored.activeTabIndex]
    return { query: query ?? '', variables: variables ?? '', initialHeaders: headers ?? '' }
  }
  const first = { query: shared, headers: options.defaultHeaders }
  return shared === null ? {} : { defaultTabs: [first, ...options.defaultTabs] }
}
