import { keepSecret } from '../base/secrets.ts'
import type { Security } from '../contracts/api.ts'

/** Whatever a login needs to be secret is replaced wherever it would be stored or printed by this process. */
export function keepSecurity(security: Security | undefined): void {
  const { tls, sasl } = security ?? {}
  keepSecret(tls?.key, tls?.passphrase)
  if (sasl && 'password' in sasl) keepSecret(sasl.password)
  if (sasl?.mechanism === 'oauthbearer' && sasl.token.from === 'endpoint') keepSecret(sasl.token.clientSecret)
}
