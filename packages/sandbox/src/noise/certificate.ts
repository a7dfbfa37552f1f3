import { Curve, type KeyPair, proto } from 'baileys';

const DAY_S = 86_400;
const YEARS_10_S = 3_650 * DAY_S;

export interface CertificateKeys {
  readonly root: KeyPair;
  readonly intermediate: KeyPair;
  readonly leaf: KeyPair;
}

/**
 * The chain a server shows in its handshake: root signs the intermediate, which signs the leaf (the Noise static key).
 * Clients pin the root key and its serial, which is 0 here and at WhatsApp.
 */
export function certificateChain(keys: CertificateKeys, nowS: number): Buffer {
  const validity = { notBefore: nowS - DAY_S, notAfter: nowS + YEARS_10_S };
  const intermediate = details({ serial: 1, issuerSerial: 0, key: keys.intermediate.public, ...validity });
  const leaf = details({ serial: 2, issuerSerial: 1, key: keys.leaf.public, ...validity });
  const chain = {
    intermediate: { details: intermediate, signature: Curve.sign(keys.root.private, intermediate) },
    leaf: { details: leaf, signature: Curve.sign(keys.intermediate.private, leaf) },
  };
  return Buffer.from(proto.CertChain.encode(chain).finish());
}

function details(fields: proto.CertChain.NoiseCertificate.IDetails): Buffer {
  return Buffer.from(proto.CertChain.NoiseCertificate.Details.encode(fields).finish());
}
