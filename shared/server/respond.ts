import type { IncomingMessage, ServerResponse } from 'node:http'
import { HttpError } from './http-error.ts'

export { HttpError } from './http-error.ts'

export function sendJson(res: ServerResponse, status: number, body: unknown): void {
  const text = JSON.stringify(body)
  res.writeHead(status, {
    'content-type': 'application/json; charset=utf-8',
    'content-length': Buffer.byteLength(text),
    'cache-control': 'no-store',
  })
  res.end(text)
}

export function sendError(res: ServerResponse, status: number, code: string, message: string): void {
  sendJson(res, status, { error: { code, message } })
}

export function sendHttpError(res: ServerResponse, { status, code, message, headers }: HttpError): void {
  for (const [name, value] of Object.entries(headers)) res.setHeader(name, value)
  sendError(res, status, code, message)
}

/**
 * Reads a request's body as UTF-8 text.
 * Throws HttpError 413 past `maxBytes` (the rest is not read) and 400 when it is not UTF-8.
 */
export async function readText(req: IncomingMessage, maxBytes: number): Promise<string> {
  const tooLarge = new HttpError(413, 'too_large', `The body may have at most ${maxBytes} bytes.`)
  if (Number(req.headers['content-length'] ?? 0) > maxBytes) throw tooLarge
  const chunks: Buffer[] = []
  let size = 0
  // Leaving this loop early must not destroy the connection: the answer still has to go out on it.
  for await (const chunk of req.iterator({ destroyOnReturn: false })) {
    size += chunk.length
    if (size > maxBytes) throw tooLarge
    chunks.push(chunk)
  }
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Buffer.concat(chunks))
  } catch {
    throw new HttpError(400, 'not_utf8', 'The body is not valid UTF-8 text.')
  }
}
