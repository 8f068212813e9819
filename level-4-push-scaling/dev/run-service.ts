import { onShutdown } from '@levels/shared/server/shutdown.ts'
import type { Ready } from './keep-running.ts'

/** An embedded service, started. */
export interface Service {
  uri: string
  notice: string
  close(): Promise<void>
}

/**
 * Runs an embedded service as this process, on the port that `SERVICE_PORT` names and with the password in
 * `SERVICE_PASSWORD`: after a crash it comes back where its clients look for it.
 */
export async function runService(
  start: (address: { port: number; password?: string }) => Promise<Service>,
): Promise<void> {
  let service: Service | undefined
  onShutdown(async () => service?.close())
  try {
    service = await start({ port: Number(process.env.SERVICE_PORT), password: process.env.SERVICE_PASSWORD })
  } catch (error) {
    console.error(error instanceof Error ? error.message : error)
    process.exit(1)
  }
  process.send?.({ ready: service.uri, services: [service.notice] } satisfies Ready)
}
