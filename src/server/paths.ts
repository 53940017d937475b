import { basePath } from '../rest/routes.ts'

export const graphqlPath = '/graphql'
export const sdlPath = '/schema.graphql'
export const docsPath = '/docs'
export const openapiPath = `${basePath}/openapi.json`
