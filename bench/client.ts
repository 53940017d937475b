/** Calls a server as its client would. @throws Error with what it answers when that is no success. */
export async function post<T>(url: string, body: unknown, token?: string): Promise<T> {
  const isForm = body instanceof FormData
  const response = await fetch(url, {
    method: 'POST',
    headers: {
      ...(!isForm && { 'content-type': 'application/json' }),
      ...(token && { authorization: `Bearer ${token}` }),
    },
    body: isForm ? body : JSON.stringify(body),
  })
  if (!response.ok) throw new Error(`${url} answered ${response.status}: ${await response.text()}`)
  return (await response.json()) as T
}

export async function signIn(
  url: string,
  { email, password }: { readonly email: string; readonly password: string },
): Promise<string> {
  const credentials = { username: email, password }
  return (await post<{ token: string }>(`${url}/api/v1/auth/login`, credentials)).token
}
