import { WebSocket } from 'ws'

/** As in a browser, an attempt that fails ends nothing: ws's own throws when nobody listens for the error. */
class PageWebSocket extends WebSocket {
  constructor(url: string | URL, protocols?: string | string[]) {
    super(url, protocols)
    this.on('error', () => undefined)
  }
}

/** What a page's code finds in every browser, and Node has from version 22 on. */
export function providePageGlobals(): void {
  globalThis.WebSocket ??= PageWebSocket as unknown as typeof globalThis.WebSocket
}
