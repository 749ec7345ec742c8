/** SHA-256 in hexadecimal digits, by Web Crypto. */
export async function sha256(bytes: Uint8Array): Promise<string> {
  // Web Crypto refuses a view of memory that may be shared.
  const own = bytes.buffer instanceof ArrayBuffer ? (bytes as Uint8Array<ArrayBuffer>) : Uint8Array.from(bytes);
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', own));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
