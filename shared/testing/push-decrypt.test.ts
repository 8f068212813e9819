import { createECDH } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { decryptPush, type ReceiverKeys } from './push-decrypt.ts'

/** The example of RFC 8291, section 5. */
function exampleKeys(): ReceiverKeys {
  const ecdh = createECDH('prime256v1')
  ecdh.setPrivateKey('q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94', 'base64url')
  return { ecdh, authSecret: Buffer.from('BTBZMqHH6r4Tts7J_aSIgg', 'base64url') }
}
const exampleBody = Buffer.from(
  'DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN',
  'base64url',
)

describe('decryptPush', () => {
  test('reads the example of the standard', () => {
    expect(decryptPush(exampleBody, exampleKeys()).toString()).toBe(
      'When I grow up, I want to be a watermelon',
    )
  })

  test('refuses a message with any byte changed, or cut off anywhere', () => {
    // All but the record size, whose only job is to say where records end.
    for (let at = 0; at < exampleBody.length; at++) {
      if (at < 16 || at >= 20) {
        const tampered = Buffer.from(exampleBody)
        tampered.writeUInt8(tampered.readUInt8(at) ^ 1, at)
        expect(() => decryptPush(tampered, exampleKeys())).toThrow()
      }
      expect(() => decryptPush(exampleBody.subarray(0, at), exampleKeys())).toThrow()
    }
  })

  test('refuses a message of several records', () => {
    const several = Buffer.from(exampleBody)
    several.writeUInt32BE(18, 16)
    expect(() => decryptPush(several, exampleKeys())).toThrow('one record only')
  })

  test('refuses a message for somebody else', () => {
    const authSecret = Buffer.alloc(16)
    expect(() => decryptPush(exampleBody, { ...exampleKeys(), authSecret })).toThrow()
  })
})
