import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Program } from '@levels/shared/testing/process.ts'
import mongoose from 'mongoose'
import { afterEach, beforeEach } from 'vitest'
import { startEmbeddedMongo } from '../../src/index.ts'

const { MongoClient } = mongoose.mongo
export type Client = InstanceType<typeof MongoClient>

/** The program that serves the folder given as its argument, and what it prints: its URI. */
export const serve = join(import.meta.dirname, 'serve.ts')
export const URI = /mongodb:\S+/

/** Connects to the server that such a program is. */
export async function connect(program: Program): Promise<Client> {
  const [uri = ''] = await program.printed(URI)
  return MongoClient.connect(uri, { serverSelectionTimeoutMS: 5000 })
}

/** A data folder that is new for each test. */
export interface Folder {
  readonly path: string
  /** Opens it in this process and hands over its database. */
  reopen<T>(look: (db: ReturnType<Client['db']>) => Promise<T>): Promise<T>
}

export function useFolder(): Folder {
  let path = ''
  beforeEach(() => {
    path = mkdtempSync(join(tmpdir(), 'embedded-mongo-'))
  })
  afterEach(() => {
    rmSync(path, { recursive: true, force: true })
  })
  return {
    get path() {
      return path
    },
    async reopen(look) {
      const mongo = await startEmbeddedMongo({ dir: path })
      const client = await MongoClient.connect(mongo.uri)
      try {
        return await look(client.db('d'))
      } finally {
        await client.close()
        await mongo.close()
      }
    },
  }
}
