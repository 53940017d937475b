import type { GraphQLSchema } from 'graphql'
import './workspaces/graphql.ts'
import './accounts/graphql.ts'
import './accounts/members-graphql.ts'
import './apikeys/graphql.ts'
import './apikeys/usage-graphql.ts'
import './audit/graphql.ts'
import './variables/graphql.ts'
import './credentials/graphql.ts'
import './credentials/kinds-graphql.ts'
import './tools/graphql.ts'
import './chatflows/graphql.ts'
import './vectors/graphql.ts'
import './predictions/graphql.ts'
import './graphql/version.ts'
import { builder } from './graphql/builder.ts'

/** Every room's types, queries and mutations as one schema. */
export const schema: GraphQLSchema = builder.toSchema()
