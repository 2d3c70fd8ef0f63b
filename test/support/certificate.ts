import { generateKeyPairSync, randomBytes, sign } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { isIPv4 } from 'node:net'

/** A certificate with its key, PEM, as `node:tls` takes them. */
export interface Certificate {
  cert: string
  key: string
}

export interface Authority extends Certificate {
  /** A certificate for these host names and addresses, signed by this authority. */
  issue(names: readonly string[], valid?: { fromMs?: number; untilMs?: number }): Certificate
}

const dayMs = 86_400_000

/** An authority of the test's own: nobody trusts it who is not told to. A certificate is its own authority as well. */
export const makeAuthority = (title = 'Test authority'): Authority => {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const now = Date.now()
  const root = { subject: title, issuer: title, publicKey, signer: privateKey, isAuthority: true, names: [] }
  return {
    cert: write({ ...root, fromMs: now - dayMs, untilMs: now + 365 * dayMs }),
    key: pemOf(privateKey),
    issue: (names, { fromMs = now - dayMs, untilMs = now + 90 * dayMs } = {}) => {
      const own = generateKeyPairSync('ec', { namedCurve: 'P-256' })
      const leaf = { subject: names[0] ?? 'nobody', issuer: title, publicKey: own.publicKey, signer: privateKey }
      return { cert: write({ ...leaf, names, isAuthority: false, fromMs, untilMs }), key: pemOf(own.privateKey) }
    },
  }
}

const pemOf = (key: KeyObject): string => String(key.export({ type: 'pkcs8', format: 'pem' }))

/** X.509, version 3, as RFC 5280 §4.1 has it, signed with ECDSA over SHA-256. */
const write = (it: {
  subject: string
  issuer: string
  names: readonly string[]
  isAuthority: boolean
  publicKey: KeyObject
  signer: KeyObject
  fromMs: number
  untilMs: number
}): string => {
  const extensions = [
    ...(it.isAuthority ? [sequence(oid(0x55, 0x1d, 0x13), yes, octets(sequence(yes)))] : []),
    ...(it.names.length > 0 ? [sequence(oid(0x55, 0x1d, 0x11), octets(sequence(...it.names.map(generalName))))] : []),
  ]
  const body = sequence(
    der(0xa0, der(0x02, Buffer.of(2))),
    der(0x02, Buffer.concat([Buffer.of(1), randomBytes(8)])),
    ecdsaWithSha256,
    commonName(it.issuer),
    sequence(time(it.fromMs), time(it.untilMs)),
    commonName(it.subject),
    it.publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, sequence(...extensions)),
  )
  const signature = der(0x03, Buffer.of(0), sign('sha256', body, it.signer))
  const text = sequence(body, ecdsaWithSha256, signature).toString('base64')
  return `-----BEGIN CERTIFICATE-----\n${text.match(/.{1,64}/g)?.join('\n') ?? ''}\n-----END CERTIFICATE-----\n`
}

/** A value of ASN.1 in its one way of being written (DER): tag, length, contents. */
const der = (tag: number, ...contents: readonly Uint8Array[]): Buffer => {
  const body = Buffer.concat(contents)
  return Buffer.concat([Buffer.of(tag, ...lengthOf(body.length)), body])
}

const lengthOf = (length: number): number[] => {
  if (length < 0x80) return [length]
  return length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff]
}

const sequence = (...contents: readonly Uint8Array[]): Buffer => der(0x30, ...contents)
const octets = (contents: Uint8Array): Buffer => der(0x04, contents)
const oid = (...bytes: number[]): Buffer => der(0x06, Buffer.from(bytes))
const yes = der(0x01, Buffer.of(0xff))
/** 1.2.840.10045.4.3.2 */
const ecdsaWithSha256 = sequence(oid(0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02))
const commonName = (text: string): Buffer =>
  sequence(der(0x31, sequence(oid(0x55, 0x04, 0x03), der(0x0c, Buffer.from(text)))))
/** UTCTime, whose years have two digits: until 2049. */
const time = (ms: number): Buffer =>
  der(0x17, Buffer.from(`${new Date(ms).toISOString().slice(2, 19).replace(/[-:T]/g, '')}Z`))
const generalName = (name: string): Buffer =>
  isIPv4(name) ? der(0x87, Buffer.from(name.split('.').map(Number))) : der(0x82, Buffer.from(name))
