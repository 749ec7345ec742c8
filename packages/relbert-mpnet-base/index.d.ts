/** The model's files by name: their addresses, bytes, and SHA-256 in hexadecimal digits. */
declare const files: Readonly<Record<string, { readonly url: string; readonly size: number; readonly sha256: string }>>;
export default files;
