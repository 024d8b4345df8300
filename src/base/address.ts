/** Where something listens: a name or an address without brackets, and a port. */
export interface Address {
  host: string
  port: number
}

/** What {@link parseAddress} takes; the port's bound aside. */
export const addressPattern = /^(?:\[([0-9A-Fa-f:.]+(?:%[^\]\s]+)?)\]|([^\s:[\]/,]+)):(\d{1,5})$/

/**
 * "b-1.example.com:9092", "127.0.0.1:9092" or "[::1]:9092" → host and port; null for anything else. An IPv6 address without brackets is
 * none of these: where it ends and the port begins would be a guess.
 */
export function parseAddress(text: string): Address | null {
  const match = addressPattern.exec(text)
  const port = Number(match?.[3])
  if (!match || port > 65_535) return null
  return { host: match[1] ?? match[2]!, port }
}

/** The same for what was checked before, as a profile's bootstrap list is; throws a RangeError for anything else. */
export function addressIn(text: string): Address {
  const address = parseAddress(text)
  if (address === null) throw new RangeError(`"${text}" is no host:port`)
  return address
}

/** "host:port", an IPv6 address in brackets. */
export const addressText = ({ host, port }: Address): string => `${host.includes(':') ? `[${host}]` : host}:${port}`
