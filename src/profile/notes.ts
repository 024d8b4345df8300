import type { Profile } from './schema.ts'

/** What is legal and yet worth a sentence: it limits what the result can say. */
export function notesOn(profile: Profile): string[] {
  const notes: string[] = []
  const { size, stamp } = profile.load.record
  const smallest = typeof size === 'number' ? size : Math.min(...('uniform' in size ? size.uniform : size.list))
  if (stamp === 'value' && smallest < 32) {
    notes.push(
      `load.record.size: values of ${smallest} bytes cannot hold the 32-byte stamp, so they will be not-audited; stamp: header audits them`,
    )
  }
  const { security } = profile.cluster
  if (security?.sasl?.mechanism === 'plain' && !security.tls) {
    notes.push('cluster.security: the password travels unencrypted; tls: true encrypts it')
  }
  return notes
}
