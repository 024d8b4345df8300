/**
 * Names of settings that hold a secret: librdkafka's sensitive properties, Kafka's settings of type password (those of a listener
 * included), and how tools call the like. `sasl.oauthbearer.token.endpoint.url` and times of delegation tokens are none.
 */
const secretKey =
  /pass(word|wd|phrase)|secret|credential|jaas|bearer\.config$|assertion|authori[sz]ation|^(key|pem|token)$|[._-](token|key)$|[._-]pem$|(private|access|api|master)[._-]?key|certificate\.chain$|truststore\.certificates$|^(auth|sasl)$/i
const plainKey = /(location|\.file|\.path|\.type|\.algorithm|\.interval\.ms|\.length|\.iterations)$/i

export const isSecretKey = (key: string): boolean => secretKey.test(key) && !plainKey.test(key)

/** Settings by which a client loads code, or runs a program, that is named in them. */
const codeKey =
  /^plugin\.library\.paths$|engine\.(location|id|factory\.class)$|(^|\.)(ssl|openssl|security|config)\.?providers|providers\.|kinit\.cmd$|(\.class|\.classes|\.reporters)$|serializer$|^(createPartitioner|socketFactory|logCreator)$/i

export const loadsCode = (key: string): boolean => codeKey.test(key)

const reference = /\$\{(env|file):[^}]+\}/g
/** "${env:NAME}" or "${file:path}", and nothing beside it. */
export const isReference = (value: unknown): boolean =>
  typeof value === 'string' && /^\$\{(env|file):[^}]+\}$/.test(value)
export const hasReference = (text: string): boolean => /\$\{(env|file):/.test(text)

/**
 * What a secret looks like within other text: in a URL, a header, an argument, a JAAS line, a PEM. Bounded, for a text may be as long as a
 * profile.
 */
const secretTexts: readonly RegExp[] = [
  /[a-z][a-z0-9+.-]{0,20}:\/\/[^\s/:@]{0,200}:[^\s/@]{1,500}@/i,
  /\b(bearer|basic)\s{1,9}[A-Za-z0-9+/_.=-]{8}/i,
  /(pass(word|wd|phrase)|secret|api[-_]?key|access[-_]?key|token)["']?\s{0,9}[=:]\s{0,9}["']?[^\s"'$,;&]{4}/i,
  /-----BEGIN [A-Z ]{0,20}PRIVATE KEY-----/,
]

/** Whether a text holds a secret as it is, references aside. */
export function holdsSecret(text: string): boolean {
  const plain = text.replace(reference, '')
  return secretTexts.some((pattern) => pattern.test(plain))
}

const mask = '***'
/** A value that is masked: not a reference, which says where a secret is, and not masked already. */
const value = String.raw`(?!\$\{(?:env|file):|\*{3})[^\s"'\\,;&}]+`
const secretWord =
  '(?:pass(?:word|wd|phrase)|secret|api[-_]?key|access[-_]?key(?:[-_]?id)?|private[-_]?key|credentials?|token|user-?name)'
const named = String.raw`(${secretWord}\w*(?:\\?["'])?\s{0,9}[=:]\s{0,9}`
const replaced: readonly (readonly [pattern: RegExp, by: string])[] = [
  // Within JSON line ends are two characters; a log may end before the key does.
  [
    /-----BEGIN [A-Z ]{0,20}PRIVATE KEY-----(?:[\s\S]*?-----END [A-Z ]{0,20}PRIVATE KEY-----|[^\n]*)/g,
    `${mask} (a private key)`,
  ],
  [/([a-z][a-z0-9+.-]{0,20}:\/\/[^\s/:@]{0,200}:)[^\s/@]{1,500}@/gi, `$1${mask}@`],
  [/\b((?:bearer|basic)\s{1,9})[A-Za-z0-9+/_.=-]{8,}/gi, `$1${mask}`],
  [/(X-Amz-(?:Signature|Security-Token|Credential)=)[^&\s"']+/gi, `$1${mask}`],
  [/\beyJ[\w-]{8,}\.[\w-]{8,}(?:\.[\w-]*)?/g, mask],
  [/\b(?:AKIA|ASIA)[A-Z0-9]{16}\b/g, mask],
  // A line of properties ends where the line does, a value in quotes where they close, any other at a blank.
  [
    new RegExp(String.raw`^([\w.-]{0,100}${secretWord}[\w.-]{0,100}\s{0,9}=\s{0,9})(?!["'\\])${value}.*$`, 'gim'),
    `$1${mask}`,
  ],
  [new RegExp(String.raw`${named}(\\?["']))(?!\$\{(?:env|file):|\*{3})(?:(?!\2)[^\n])+`, 'gi'), `$1${mask}`],
  [new RegExp(`${named})${value}`, 'gi'), `$1${mask}`],
]

/** The text with what looks like a secret replaced, whatever it is: for what leaves this machine. */
export const maskSecretTexts = (text: string): string =>
  replaced.reduce((rest, [pattern, by]) => rest.replace(pattern, by), text)
