import { randomBytes } from 'node:crypto'

/** An id for a new cluster, 22 characters of base64url; none begins with a dash, which command lines would take for an option. */
export function newClusterId(): string {
  const id = randomBytes(16).toString('base64url')
  return id.startsWith('-') ? newClusterId() : id
}
