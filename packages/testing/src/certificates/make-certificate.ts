import { generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';
import { isIP } from 'node:net';
import { bits, der, integer, objectId, octets, sequence, set, text, time, yes } from './der.js';

const ECDSA_SHA256 = sequence(objectId('1.2.840.10045.4.3.2'));
const COMMON_NAME = '2.5.4.3';
const DAY_MS = 86_400_000;
const BEGIN_MARGIN_MS = 3_600_000;

export interface CertificateSettings {
  /** Host names and addresses it is good for. */
  readonly hosts: readonly string[];
  /** Vouches for it; without one it vouches for itself. */
  readonly authority?: CertificateAuthority;
  /** A day from now where nothing is said; in the past for one that has expired. */
  readonly validUntil?: Date;
  readonly validFrom?: Date;
}

/** PEM texts. */
export interface TestCertificate {
  readonly certificate: string;
  readonly key: string;
}

export interface CertificateAuthority extends TestCertificate {
  readonly name: string;
  readonly privateKey: KeyObject;
}

/** An authority of one test: nobody else trusts it. */
export function makeAuthority(name = `Test authority ${randomBytes(4).toString('hex')}`): CertificateAuthority {
  const { publicKey, privateKey } = newKeyPair();
  // basicConstraints: it may vouch for others.
  const extension = sequence(objectId('2.5.29.19'), yes(), octets(sequence(yes())));
  const certificate = signed({ subject: name, publicKey, issuer: name, issuerKey: privateKey, extension });
  return { certificate, key: pemOf(privateKey), name, privateKey };
}

/** A server's certificate (P-256) and its key. */
export function makeCertificate(settings: CertificateSettings): TestCertificate {
  const { publicKey, privateKey } = newKeyPair();
  const subject = settings.hosts[0] ?? 'test';
  const names = settings.hosts.map((host) =>
    isIP(host) === 0 ? der(0x82, Buffer.from(host, 'latin1')) : der(0x87, bytesOf(host)),
  );
  const certificate = signed({
    subject,
    publicKey,
    issuer: settings.authority?.name ?? subject,
    issuerKey: settings.authority?.privateKey ?? privateKey,
    extension: sequence(objectId('2.5.29.17'), octets(sequence(...names))),
    validFrom: settings.validFrom,
    validUntil: settings.validUntil,
  });
  return { certificate, key: pemOf(privateKey) };
}

interface Unsigned {
  readonly subject: string;
  readonly publicKey: KeyObject;
  readonly issuer: string;
  readonly issuerKey: KeyObject;
  readonly extension: Buffer;
  readonly validFrom?: Date | undefined;
  readonly validUntil?: Date | undefined;
}

/** RFC 5280, 4.1. */
function signed(unsigned: Unsigned): string {
  const now = Date.now();
  const until = unsigned.validUntil ?? new Date(now + DAY_MS);
  const from = unsigned.validFrom ?? new Date(Math.min(now, until.getTime()) - BEGIN_MARGIN_MS);
  const serial = randomBytes(8);
  serial[0] = ((serial[0] ?? 0) & 0x7f) | 0x40;
  const body = sequence(
    der(0xa0, integer(Buffer.from([2]))),
    integer(serial),
    ECDSA_SHA256,
    nameOf(unsigned.issuer),
    sequence(time(from), time(until)),
    nameOf(unsigned.subject),
    unsigned.publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, sequence(unsigned.extension)),
  );
  const signature = sign('sha256', body, unsigned.issuerKey);
  const base64 = sequence(body, ECDSA_SHA256, bits(signature)).toString('base64');
  return `-----BEGIN CERTIFICATE-----\n${base64.replaceAll(/.{64}/g, '$&\n').trimEnd()}\n-----END CERTIFICATE-----\n`;
}

const newKeyPair = () => generateKeyPairSync('ec', { namedCurve: 'P-256' });
const pemOf = (key: KeyObject): string => key.export({ type: 'pkcs8', format: 'pem' }) as string;
const nameOf = (name: string): Buffer => sequence(set(sequence(objectId(COMMON_NAME), text(name))));

/** v4, or `::1`: tests need no other v6. */
const bytesOf = (address: string): Buffer =>
  address.includes('.') ? Buffer.from(address.split('.').map(Number)) : Buffer.from(`${'00'.repeat(15)}01`, 'hex');
