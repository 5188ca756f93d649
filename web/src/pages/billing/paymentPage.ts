/**
 * Whether an address may be opened to pay: https, or plain http on this very machine, where the local
 * ЮKassa simulator lives. Anything else would send a person with a card in hand to nobody knows where.
 */
export function isPaymentPage(address: string): boolean {
  if (!URL.canParse(address)) return false;
  const { protocol, hostname, username } = new URL(address);
  if (username) return false;
  return (
    protocol === "https:" ||
    (protocol === "http:" && isThisMachine(hostname) && isThisMachine(location.hostname))
  );
}

const isThisMachine = (hostname: string) => ["localhost", "127.0.0.1", "[::1]"].includes(hostname);
