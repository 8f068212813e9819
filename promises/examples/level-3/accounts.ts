import { createHash, createHmac, randomBytes, randomUUID, scrypt, timingSafeEqual } from 'node:crypto'
import { rmSync } from 'node:fs'
import path from 'node:path'
import { promisify } from 'node:util'
import { createRecord, readRecord, replaceRecord } from './files.ts'

const hash = promisify<string, string, number, Buffer>(scrypt)
const [ISSUER, AUDIENCE] = ['level-3-in-files', 'level-3-in-files:access']
const GRACE_MS = 60_000

export interface Account {
  /** Sixteen hexadecimal digits. */
  id: string
  username: string
  role: 'user'
  salt: string
  hash: string
}

export interface Claims {
  sub: string
  sid: string
  iss: string
  aud: string
  role: string
  iat: number
  exp: number
}

interface Session {
  owner: string
  /** Which refresh token is the newest, and since when. */
  generation: number
  since: number
}

/** Why something is refused: a status and a code. */
export class Refusal extends Error {
  readonly status: number
  readonly data: { code: string; message: string }
  constructor(status: number, code: string) {
    super(code)
    this.status = status
    this.data = { code, message: code.replaceAll('_', ' ') }
  }
}

/** A name, as the key of what is its owner's: upper and lower case are one. */
const idOf = (username: string) =>
  createHash('sha256').update(username.normalize('NFKC').toLowerCase()).digest('hex').slice(0, 16)

/** Who is who: accounts, sessions, and tokens (RFC 7519, HS256). */
export class Accounts {
  private readonly dir: string
  private readonly secret: string
  private readonly ttlS: number

  constructor(dir: string, secret: string, ttlS: number) {
    this.dir = dir
    this.secret = secret
    this.ttlS = ttlS
  }

  async register(username: string, password: string): Promise<Account> {
    const salt = randomBytes(16).toString('hex')
    const account: Account = {
      id: idOf(username),
      username,
      role: 'user',
      salt,
      hash: await digest(password, salt),
    }
    if (!createRecord(this.file('accounts', account.id), account)) throw new Refusal(409, 'username_taken')
    return account
  }

  async login(username: string, password: string): Promise<Account> {
    const account = this.find(username)
    const given = await digest(password, account?.salt ?? 'nobody')
    if (account && timingSafeEqual(Buffer.from(given), Buffer.from(account.hash))) return account
    throw new Refusal(401, 'invalid_credentials')
  }

  find(username: string): Account | undefined {
    return this.byId(idOf(username))
  }

  byId(id: string): Account | undefined {
    return readRecord(this.file('accounts', id))
  }

  /** A new session; returns its first refresh token. */
  begin({ id }: Account): string {
    const sid = randomUUID()
    replaceRecord(this.file('sessions', sid), { owner: id, generation: 0, since: Date.now() })
    return this.refreshToken(sid, 0)
  }

  isAlive(sid: string): boolean {
    return readRecord(this.file('sessions', sid)) !== undefined
  }

  end(sid: string): void {
    rmSync(this.file('sessions', sid), { force: true })
  }

  /**
   * Takes a refresh token and gives the next. Each is for one use; the one before the newest is answered with the newest
   * for 60 s, since two tabs may ask at once, or an answer get lost. Whoever shows an older one has stolen it, or was
   * robbed: the session ends.
   */
  rotate(token: string): { account: Account; sid: string; next: string } {
    const { sid, generation } = this.readRefresh(token)
    const session = readRecord<Session>(this.file('sessions', sid))
    const account = session && this.byId(session.owner)
    if (!session || !account) throw new Refusal(401, 'session_revoked')
    const isLoser = generation === session.generation - 1 && Date.now() - session.since < GRACE_MS
    if (generation !== session.generation && !isLoser) {
      this.replayed(sid)
      throw new Refusal(401, 'session_revoked')
    }
    const next = generation + 1
    if (!isLoser)
      replaceRecord(this.file('sessions', sid), { ...session, generation: next, since: Date.now() })
    return { account, sid, next: this.refreshToken(sid, next) }
  }

  protected replayed(sid: string): void {
    this.end(sid)
  }

  /** Whose session a refresh token belongs to. */
  readRefresh(token: string): { sid: string; generation: number } {
    const [sid = '', generation] = token.split('.')
    if (!/^[\w-]{36}$/.test(sid) || !isEqual(token, this.refreshToken(sid, Number(generation)))) {
      throw new Refusal(401, 'token_invalid')
    }
    return { sid, generation: Number(generation) }
  }

  private refreshToken(sid: string, generation: number): string {
    return `${sid}.${generation}.${this.sign(`refresh ${sid} ${generation}`)}`
  }

  accessToken({ id, role }: Account, sid: string): string {
    const iat = Math.floor(Date.now() / 1_000)
    const claims: Claims = { sub: id, sid, iss: ISSUER, aud: AUDIENCE, role, iat, exp: iat + this.ttlS }
    const content = [{ alg: 'HS256', typ: 'JWT' }, claims].map(encode).join('.')
    return `${content}.${this.sign(content)}`
  }

  /** What a token says of its holder. Throws Refusal for whatever is no access token of a session that lives. */
  verify(token: unknown): Claims {
    if (typeof token !== 'string' || token === '') throw new Refusal(401, 'token_missing')
    const [head = '', body = '', signature = ''] = token.split('.')
    // The algorithm is ours, whatever the head says.
    const isOurs =
      head === encode({ alg: 'HS256', typ: 'JWT' }) && isEqual(signature, this.sign(`${head}.${body}`))
    if (!isOurs) throw new Refusal(401, 'token_invalid')
    const claims: Claims = JSON.parse(Buffer.from(body, 'base64url').toString())
    if (!this.isForUs(claims)) throw new Refusal(401, 'token_invalid')
    if (claims.exp * 1_000 <= Date.now()) throw new Refusal(401, 'token_expired')
    if (!this.isAlive(claims.sid)) throw new Refusal(401, 'session_revoked')
    return claims
  }

  protected isForUs({ iss, aud }: Claims): boolean {
    return iss === ISSUER && aud === AUDIENCE
  }

  private sign(content: string): string {
    return createHmac('sha256', this.secret).update(content).digest('base64url')
  }

  private file(kind: 'accounts' | 'sessions', id: string): string {
    return path.join(this.dir, kind, `${id.replace(/[^\w-]/g, '')}.json`)
  }
}

const digest = async (password: string, salt: string) => (await hash(password, salt, 32)).toString('hex')
const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url')
const isEqual = (a: string, b: string) =>
  a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b))
