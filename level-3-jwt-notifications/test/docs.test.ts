import { describeInBrowser } from '@levels/shared/testing/browser.ts'
import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { request } from './support/person.ts'
import { serverForAll } from './support/server.ts'

describe('the API’s documentation', () => {
  const server = serverForAll({
    routes: ({ route }) =>
      route('POST /api/extra/:name', {
        summary: 'A route of the next level',
        access: 'admin',
        params: z.strictObject({ name: z.string() }),
        body: z.strictObject({ count: z.int().max(5) }),
        status: 202,
        handle: ({ params, body }) => ({ ...params, ...body }),
      }),
  })
  const document = async () => (await request(server().url, 'GET', '/api/openapi.json')).body

  it('is OpenAPI 3.1, made from the schemas that validate', async () => {
    const { openapi, paths, components } = (await document()) as Record<string, Record<string, never>>
    expect(openapi).toBe('3.1.0')
    expect(Object.keys(paths ?? {})).toEqual(
      expect.arrayContaining([
        '/api/auth/register',
        '/api/auth/sessions/{id}',
        '/api/notifications',
        '/api/notifications/{id}',
        '/api/rooms/{slug}/messages',
        '/api/extra/{name}',
      ]),
    )
    expect(paths).toMatchObject({
      '/api/notifications': {
        get: {
          security: [{ accessToken: [] }],
          parameters: expect.arrayContaining([
            {
              name: 'limit',
              in: 'query',
              required: false,
              schema: { default: 20, type: 'integer', minimum: 1, maximum: 100 },
            },
          ]),
        },
        post: {
          requestBody: {
            content: {
              'application/json': {
                schema: { additionalProperties: false, required: ['to', 'title', 'message'] },
              },
            },
          },
        },
      },
      '/api/extra/{name}': {
        post: { requestBody: { content: { 'application/json': { schema: { type: 'object' } } } } },
      },
    })
    expect(components).toHaveProperty('securitySchemes.accessToken')
  })

  it('says of the socket, too, what it sends and takes: AsyncAPI 3.0, from the schemas that validate', async () => {
    const { body } = await request(server().url, 'GET', '/api/asyncapi.json')
    expect(body).toMatchObject({
      asyncapi: '3.0.0',
      operations: {
        'notification.new': { action: 'send' },
        'notifications.seen': { action: 'receive' },
        'session.renew': { action: 'receive' },
      },
      components: {
        messages: { 'notification.new': { payload: { $ref: '#/components/schemas/Notification' } } },
        schemas: { HandshakeAuth: { required: ['token'] } },
      },
    })
  })

  it('says what a request needs besides its body: headers, cookie, and which problems to expect', async () => {
    const { paths, components } = (await document()) as Record<string, Record<string, unknown>>
    const header = (name: string, required: boolean) =>
      expect.objectContaining({ name, in: 'header', required })
    expect(paths?.['/api/auth/refresh']).toMatchObject({
      post: {
        security: [{ refreshCookie: [] }],
        parameters: [header('X-Requested-With', true)],
        responses: { 200: {}, 401: {}, 403: {} },
      },
    })
    expect(paths?.['/api/notifications']).toMatchObject({
      post: { parameters: [header('Idempotency-Key', false)], responses: { 422: {}, 429: {} } },
    })
    expect(paths?.['/api/publish/{to}']).toMatchObject({
      post: { security: [{ accessToken: [] }, { publishKey: [] }] },
    })
    const schemas = ['User', 'SignedIn', 'Notification', 'Problem', 'Preferences', 'DeviceSession']
    expect(Object.keys(components?.schemas ?? {})).toEqual(expect.arrayContaining(schemas))
  })

  it('names every parameter that a path has', async () => {
    const { paths } = (await document()) as unknown as {
      paths: Record<string, Record<string, { parameters: { name: string }[] }>>
    }
    for (const [path, methods] of Object.entries(paths)) {
      const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name)
      for (const { parameters } of Object.values(methods)) {
        expect(parameters.map(({ name }) => name)).toEqual(expect.arrayContaining(inPath))
      }
    }
  })

  it('can be browsed at /api-docs without anything foreign', async () => {
    const page = await request(server().url, 'GET', '/api-docs')
    expect(page.status).toBe(200)
    expect(page.headers.get('content-security-policy')).toContain("script-src 'self';")
    expect(page.headers.get('x-content-type-options')).toBe('nosniff')
    const html = String(page.body.text)
    const files = [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, url]) => url ?? '')
    expect(files.length).toBeGreaterThan(2)
    for (const file of files) {
      expect(file).toMatch(/^\/api-docs\//)
      expect((await fetch(server().url + file)).status).toBe(200)
    }
    expect(html).not.toMatch(/<script[^>]*>[^<]/)
  })
})

describeInBrowser('the API’s documentation in a browser', (browser) => {
  const server = serverForAll()

  it('shows every route, and breaks no rule of its own policy', async () => {
    const page = await browser.visit(`${server().url}/api-docs`)
    await page.getByText('/api/notifications/mark-all-read').waitFor()
    await page.getByText('notifications:missed').waitFor()
    expect(page.problems).toEqual([])
  })
})
