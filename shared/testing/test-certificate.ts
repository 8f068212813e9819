import { generate } from 'selfsigned'

/** PEM texts: a certificate authority to trust, and a key and certificate for `localhost` that it has signed. */
export interface TestCertificate {
  ca: string
  key: string
  cert: string
}

/** Makes a certificate authority that lives as long as the test, and with it a certificate for localhost. */
export async function makeTestCertificate(): Promise<TestCertificate> {
  const authority = await generate([{ name: 'commonName', value: 'Certificate authority of a test' }], {
    keyType: 'ec',
    algorithm: 'sha256',
    extensions: [
      { name: 'basicConstraints', cA: true, critical: true },
      { name: 'keyUsage', keyCertSign: true, cRLSign: true, critical: true },
    ],
  })
  const server = await generate([{ name: 'commonName', value: 'localhost' }], {
    keyType: 'ec',
    algorithm: 'sha256',
    ca: { key: authority.private, cert: authority.cert },
  })
  return { ca: authority.cert, key: server.private, cert: server.cert }
}
