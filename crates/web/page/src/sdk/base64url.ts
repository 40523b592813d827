// base64url without padding: how the wire writes keys, signatures and nonces.

export function toBase64Url(bytes: Uint8Array): string {
  let binary = '';
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary).replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '');
}

export function fromBase64Url(text: string): Uint8Array<ArrayBuffer> {
  const binary = atob(text.replace(/-/g, '+').replace(/_/g, '/'));
  return Uint8Array.from(binary, (character) => character.charCodeAt(0));
}

/** A fresh idempotency key: 16 random bytes. */
export function freshKey(): string {
  return toBase64Url(crypto.getRandomValues(new Uint8Array(16)));
}
