/** What an error of MongoDB's driver means. By name or code: not all of the driver's classes are exported. */

/** A second document with a unique key (E11000). */
export function isDuplicateKey(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 11_000
}

/** Of two upserts of a new key at once, one may be refused (MongoDB manual, "Upsert with Unique Index"): it is made again. */
export async function upserted<T>(upsert: () => Promise<T>): Promise<T> {
  return upsert().catch((error: unknown) => {
    if (isDuplicateKey(error)) return upsert()
    throw error
  })
}

/** The driver's ways to say that no MongoDB answers at the moment. */
const away = new Set([
  'MongoNetworkError',
  'MongoNetworkTimeoutError',
  'MongoServerSelectionError',
  'MongoPoolClearedError',
  'PoolClearedOnNetworkError',
  'MongoPoolClosedError',
  'MongoNotConnectedError',
  'MongoTopologyClosedError',
  'MongoClientClosedError',
  'MongoExpiredSessionError', // asked at the moment when the client closed
  // A write to a connection that was just reset fails with Node's own error.
  'ECONNRESET',
  'EPIPE',
  // The answers of a MongoDB that is shutting down: ShutdownInProgress, InterruptedAtShutdown,
  // InterruptedDueToReplStateChange.
  '91',
  '11600',
  '11602',
  '14031', // OutOfDiskSpace: it reads, and writes again when there is room
])

/**
 * Whether the database could not be reached, or did not answer. An error may be wrapped: a bulk write that lost its
 * connection is a MongoBulkWriteError around a network error.
 */
export function isDatabaseAway(error: unknown, depth = 0): boolean {
  if (!(error instanceof Error) || depth > 3) return false
  if (away.has(error.name) || ('code' in error && away.has(String(error.code)))) return true
  const inner = [error.cause, 'errorResponse' in error && error.errorResponse]
  return inner.some((wrapped) => isDatabaseAway(wrapped, depth + 1))
}

/** All connections to the database are in use. It answers, but slowly: that is not "away". */
export function isDatabaseBusy(error: unknown): boolean {
  return error instanceof Error && error.name === 'MongoWaitQueueTimeoutError'
}
