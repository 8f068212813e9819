import assert from 'node:assert/strict'
import createClient from 'openapi-fetch'
import type { components, paths } from './openapi.ts'

// Everything here is typed by the document: a wrong path, field or answer is an error of types.
const api = createClient<paths>({ baseUrl: process.argv[2] ?? '' })

const account = { username: 'generated', password: 'password123' }
const { data: signedIn } = await api.POST('/api/auth/register', { body: account })
assert.equal(signedIn?.user.username, account.username)
const token: string = signedIn.accessToken
api.use({
  onRequest({ request }) {
    request.headers.set('Authorization', `Bearer ${token}`)
  },
})

const sent = await api.POST('/api/notifications', {
  params: { header: { 'Idempotency-Key': 'once' } },
  body: { to: 'me', title: 'Lunch?', message: 'At noon.' },
})
assert.equal(sent.response.status, 201)

const { data: list } = await api.GET('/api/notifications', {
  params: { query: { limit: 5, unread: 'true' } },
})
const [newest]: components['schemas']['Notification'][] = list?.items ?? []
assert.equal(newest?.title, 'Lunch?')

const id = newest.id
const read = await api.PATCH('/api/notifications/{id}', { params: { path: { id } }, body: { read: true } })
assert.equal(read.response.status, 200)

const absent = await api.GET('/api/notifications/{id}', { params: { path: { id: '0'.repeat(24) } } })
assert.equal(absent.error?.code, 'not_found')
assert.equal(absent.response.status, 404)
