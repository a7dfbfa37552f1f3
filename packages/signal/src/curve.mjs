import * as bridge from 'whatsapp-rust-bridge';

const KEY_TYPE = Buffer.of(5);

/** Signal prefixes a Curve25519 public key with its type byte (5); WhatsApp's wire leaves it off. */
export const withKeyType = (key) => (key.length === 33 ? key : Buffer.concat([KEY_TYPE, key]));

export function generateKeyPair() {
  const { pubKey, privKey } = bridge.generateKeyPair();
  return { pubKey: withKeyType(Buffer.from(pubKey)), privKey: Buffer.from(privKey) };
}

export const calculateAgreement = (publicKey, privateKey) =>
  Buffer.from(bridge.calculateAgreement(withKeyType(publicKey), privateKey));

export const calculateSignature = (privateKey, message) => Buffer.from(bridge.calculateSignature(privateKey, message));

/** Throws on a wrong signature, as Baileys expects. */
export function verifySignature(publicKey, message, signature) {
  if (!bridge.verifySignature(withKeyType(publicKey), message, signature)) throw new Error('Invalid signature');
  return true;
}

export default { generateKeyPair, calculateAgreement, calculateSignature, verifySignature };
