/** Routes as `GET /api/rooms/:slug`, and events by their names. */
export interface Named {
  routes: string[]
  events: string[]
}

/** The text below a heading of the second kind. */
export function section(readme: string, heading: string): string {
  return readme.split(`\n## ${heading}\n`)[1]?.split('\n## ')[0] ?? ''
}

/** What the tables below "Routes" or "Routes and events" name. */
export function namedIn(readme: string): Named {
  const rows = [
    ...(section(readme, 'Routes and events') + section(readme, 'Routes')).matchAll(/^\| ([^|]+)/gm),
  ]
  const names = rows.flatMap(([, cell = '']) => [...cell.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name))
  return {
    routes: names.filter((name) => name.includes(' ')).sort(),
    events: names.filter((name) => !name.includes(' ')).sort(),
  }
}

/** What a running server says of itself. */
export async function documentedBy(url: string): Promise<Named> {
  const openApi = await (await fetch(`${url}/api/openapi.json`)).json()
  const asyncApi = await (await fetch(`${url}/api/asyncapi.json`)).json()
  const routes = Object.entries<object>(openApi.paths).flatMap(([route, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${route.replace(/\{(\w+)\}/g, ':$1')}`),
  )
  const events = Object.values<{ name: string }>(asyncApi.components.messages).map(({ name }) => name)
  return {
    routes: routes.sort(),
    events: events.filter((name) => !name.endsWith('.acknowledgement')).sort(),
  }
}
