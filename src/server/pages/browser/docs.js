// Runs in the browser: shows the OpenAPI document of this server, ready to be tried on it.
const place = document.querySelector('#reference')

const dark = window.matchMedia('(prefers-color-scheme: dark)')
const follow = () => document.documentElement.classList.toggle('dark-mode', dark.matches)
dark.addEventListener('change', follow)
follow()

window.SwaggerUIBundle({
  domNode: place,
  url: place.dataset.openapi,
  deepLinking: true,
  docExpansion: 'list',
  filter: true,
  displayRequestDuration: true,
  defaultModelsExpandDepth: 0,
  // The default sends the document to a server of others.
  validatorUrl: null,
  // A token outlives no tab.
  persistAuthorization: false,
  requestSnippetsEnabled: false,
})
