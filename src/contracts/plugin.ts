import type { z } from 'zod'

/** What every plugin has: the zod object that checks its options and fills in defaults. */
export interface Plugin<O> {
  options: z.ZodType<O>
}

/** How to reach the cluster; plain and serialisable, so that it can go to a worker. */
export interface Network {
  /** host:port each, an IPv6 address in brackets. */
  bootstrap: readonly string[]
  security?: Security
  /** Begins the client ids of kbench's own connections; absent = "kbench-". */
  prefix?: string
}

/**
 * Encryption and login, every secret resolved once: whatever a library needs of it is copied, because some write into what they are given
 * (FACTS 20). A source of tokens is only described here; the source itself is made where the client runs (kafka/tokens.ts).
 */
export interface Security {
  /** Absent = no encryption. */
  tls?: Tls
  /** Absent = no login. */
  sasl?: Sasl
}

export interface Tls {
  /** PEM text; absent = the authorities that the client's own library trusts. */
  ca?: string
  /** PEM text of the client's certificate, its chain after it, and of its private key: mutual TLS. */
  cert?: string
  key?: string
  /** Of the key. */
  passphrase?: string
  verification: TlsVerification
}

/** full: chain and host name; chain: any host name; none: any certificate. */
export type TlsVerification = 'full' | 'chain' | 'none'

export type Sasl = PasswordSasl | OauthBearer | AwsIam

export interface PasswordSasl {
  mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512'
  username: string
  password: string
}

export interface OauthBearer {
  mechanism: 'oauthbearer'
  token: TokenOrigin
  /** SASL extensions, sent with the token (KIP-342). */
  extensions?: Readonly<Record<string, string>>
}

/** Who supplies a token: an endpoint (client credentials, RFC 6749), a command that prints it, or a file that somebody renews. */
export type TokenOrigin =
  | { from: 'endpoint'; url: string; clientId: string; clientSecret: string; scope?: string; ca?: string }
  | { from: 'command'; argv: readonly string[] }
  | { from: 'file'; path: string }

/** Amazon MSK's access control: a signed URL as an OAUTHBEARER token. */
export interface AwsIam {
  mechanism: 'aws-iam'
  region: string
  credentials:
    | { from: 'default' }
    | { from: 'profile'; profile: string }
    | { from: 'role'; arn: string; session?: string }
}

/** What of a connection decides whether a client can have it; known from the profile, without a secret. */
export interface ConnectionNeeds {
  tls: TlsVerification | null
  mechanism: Sasl['mechanism'] | null
  tokenFrom: TokenOrigin['from'] | null
  extensions: boolean
}
