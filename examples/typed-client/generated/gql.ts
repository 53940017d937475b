/* eslint-disable */
import * as types from './graphql.ts';



/**
 * Map of all GraphQL operations in the project.
 *
 * This map has several performance disadvantages:
 * 1. It is not tree-shakeable, so it will include all operations in the project.
 * 2. It is not minifiable, so the string of a GraphQL query will be multiple times inside the bundle.
 * 3. It does not support dead code elimination, so it will add unused operations.
 *
 * Therefore it is highly recommended to use the babel or swc plugin for production.
 * Learn more about it here: https://the-guild.dev/graphql/codegen/plugins/presets/preset-client#reducing-bundle-size
 */
type Documents = {
    "\n  mutation SignIn($username: String!, $password: String!) {\n    login(username: $username, password: $password) {\n      token\n      user {\n        email\n      }\n    }\n  }\n": typeof types.SignInDocument,
    "\n  mutation CreateKey($keyName: String!, $permissions: [String!]!) {\n    createApiKey(keyName: $keyName, permissions: $permissions) {\n      id\n      apiKey\n    }\n  }\n": typeof types.CreateKeyDocument,
    "\n  mutation CreateFlow($name: String!, $apikeyid: String) {\n    createChatflow(name: $name, apikeyid: $apikeyid) {\n      id\n    }\n  }\n": typeof types.CreateFlowDocument,
    "\n  mutation Ask($id: String!, $question: String!) {\n    createPrediction(id: $id, question: $question) {\n      text\n      chatId\n    }\n  }\n": typeof types.AskDocument,
    "\n  query ListChatflows {\n    chatflows {\n      id\n      name\n      updatedDate\n    }\n  }\n": typeof types.ListChatflowsDocument,
};
const documents: Documents = {
    "\n  mutation SignIn($username: String!, $password: String!) {\n    login(username: $username, password: $password) {\n      token\n      user {\n        email\n      }\n    }\n  }\n": types.SignInDocument,
    "\n  mutation CreateKey($keyName: String!, $permissions: [String!]!) {\n    createApiKey(keyName: $keyName, permissions: $permissions) {\n      id\n      apiKey\n    }\n  }\n": types.CreateKeyDocument,
    "\n  mutation CreateFlow($name: String!, $apikeyid: String) {\n    createChatflow(name: $name, apikeyid: $apikeyid) {\n      id\n    }\n  }\n": types.CreateFlowDocument,
    "\n  mutation Ask($id: String!, $question: String!) {\n    createPrediction(id: $id, question: $question) {\n      text\n      chatId\n    }\n  }\n": types.AskDocument,
    "\n  query ListChatflows {\n    chatflows {\n      id\n      name\n      updatedDate\n    }\n  }\n": types.ListChatflowsDocument,
};

/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation SignIn($username: String!, $password: String!) {\n    login(username: $username, password: $password) {\n      token\n      user {\n        email\n      }\n    }\n  }\n"): typeof import('./graphql.ts').SignInDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation CreateKey($keyName: String!, $permissions: [String!]!) {\n    createApiKey(keyName: $keyName, permissions: $permissions) {\n      id\n      apiKey\n    }\n  }\n"): typeof import('./graphql.ts').CreateKeyDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation CreateFlow($name: String!, $apikeyid: String) {\n    createChatflow(name: $name, apikeyid: $apikeyid) {\n      id\n    }\n  }\n"): typeof import('./graphql.ts').CreateFlowDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation Ask($id: String!, $question: String!) {\n    createPrediction(id: $id, question: $question) {\n      text\n      chatId\n    }\n  }\n"): typeof import('./graphql.ts').AskDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query ListChatflows {\n    chatflows {\n      id\n      name\n      updatedDate\n    }\n  }\n"): typeof import('./graphql.ts').ListChatflowsDocument;


export function graphql(source: string) {
  return (documents as any)[source] ?? {};
}
