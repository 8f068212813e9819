/** An access token for one of the users that development seeds. */
export async function logIn(url: string, username: string): Promise<string> {
  const response = await fetch(`${url}/api/auth/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ username, password: 'password123' }),
  })
  const { accessToken } = (await response.json()) as { accessToken: string }
  return accessToken
}
