/**
 * The one form of a mailbox, however it was typed, as the database's `private.canonical_email`: composed, in lower
 * case, the domain in ASCII («анна@пасека.рф» and its xn-- are one). What is no address stays as it is.
 */
export function canonicalEmail(typed: string): string {
  const plain = typed.trim().normalize("NFC").toLowerCase();
  const [, name, domain] = /^(.*)@([^@]+)$/s.exec(plain) ?? [];
  if (name === undefined || domain === undefined || !/^[\p{L}\p{M}\p{N}.。-]+$/u.test(domain)) return plain;
  return URL.canParse(`http://${domain}`) ? `${name}@${new URL(`http://${domain}`).hostname}` : plain;
}
