/* eslint-disable */
/** Internal type. DO NOT USE DIRECTLY. */
type Exact<T extends { [key: string]: unknown }> = { [K in keyof T]: T[K] };
/** Internal type. DO NOT USE DIRECTLY. */
export type Incremental<T> = T | { [P in keyof T]?: P extends ' $fragmentName' | '__typename' ? T[P] : never };
import type { DocumentTypeDecoration } from '@graphql-typed-document-node/core';
export type SignInMutationVariables = Exact<{
  username: string;
  password: string;
}>;


export type SignInMutation = { login: { token: string, user: { email: string } } };

export type CreateKeyMutationVariables = Exact<{
  keyName: string;
  permissions: Array<string> | string;
}>;


export type CreateKeyMutation = { createApiKey: { id: string, apiKey: string } };

export type CreateFlowMutationVariables = Exact<{
  name: string;
  apikeyid?: string | null | undefined;
}>;


export type CreateFlowMutation = { createChatflow: { id: string } };

export type AskMutationVariables = Exact<{
  id: string;
  question: string;
}>;


export type AskMutation = { createPrediction: { text: string | null, chatId: string } };

export type ListChatflowsQueryVariables = Exact<{ [key: string]: never; }>;


export type ListChatflowsQuery = { chatflows: Array<{ id: string, name: string, updatedDate: string }> };

export class TypedDocumentString<TResult, TVariables>
  extends String
  implements DocumentTypeDecoration<TResult, TVariables>
{
  __apiType?: NonNullable<DocumentTypeDecoration<TResult, TVariables>['__apiType']>;
  private value: string;
  public __meta__?: Record<string, any> | undefined;

  constructor(value: string, __meta__?: Record<string, any> | undefined) {
    super(value);
    this.value = value;
    this.__meta__ = __meta__;
  }

  override toString(): string & DocumentTypeDecoration<TResult, TVariables> {
    return this.value;
  }
}

export const SignInDocument = new TypedDocumentString(`
    mutation SignIn($username: String!, $password: String!) {
  login(username: $username, password: $password) {
    token
    user {
      email
    }
  }
}
    `) as unknown as TypedDocumentString<SignInMutation, SignInMutationVariables>;
export const CreateKeyDocument = new TypedDocumentString(`
    mutation CreateKey($keyName: String!, $permissions: [String!]!) {
  createApiKey(keyName: $keyName, permissions: $permissions) {
    id
    apiKey
  }
}
    `) as unknown as TypedDocumentString<CreateKeyMutation, CreateKeyMutationVariables>;
export const CreateFlowDocument = new TypedDocumentString(`
    mutation CreateFlow($name: String!, $apikeyid: String) {
  createChatflow(name: $name, apikeyid: $apikeyid) {
    id
  }
}
    `) as unknown as TypedDocumentString<CreateFlowMutation, CreateFlowMutationVariables>;
export const AskDocument = new TypedDocumentString(`
    mutation Ask($id: String!, $question: String!) {
  createPrediction(id: $id, question: $question) {
    text
    chatId
  }
}
    `) as unknown as TypedDocumentString<AskMutation, AskMutationVariables>;
export const ListChatflowsDocument = new TypedDocumentString(`
    query ListChatflows {
  chatflows {
    id
    name
    updatedDate
  }
}
    `) as unknown as TypedDocumentString<ListChatflowsQuery, ListChatflowsQueryVariables>;