/**
 * Fields of known credential types that are no secrets, and so are shown as they are. Every other
 * field, and every field of a type not listed, is a secret.
 */
const openFields: Readonly<Record<string, readonly string[]>> = {
  azureOpenAIApi: [
    'azureOpenAIApiInstanceName',
    'azureOpenAIApiDeploymentName',
    'azureOpenAIApiVersion',
  ],
  postgresApi: ['user'],
  googleCustomSearchApi: ['googleCustomSearchApiId'],
  awsApi: ['awsRegion'],
  AWSApi: ['awsRegion'],
  localAIApi: [],
}

export function isSecretField(credentialName: string, field: string): boolean {
  const open = Object.hasOwn(openFields, credentialName) ? openFields[credentialName] : undefined
  return !open?.includes(field)
}
