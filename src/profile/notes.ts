import { compiled } from './schedule-of.ts'
import type { Profile } from './schema.ts'
import { isReadable } from './shapes.ts'
import { valueText } from './text.ts'

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
  const { mechanism } = security?.sasl ?? {}
  if (mechanism === 'plain' && !security?.tls) {
    notes.push('cluster.security: the password travels unencrypted; tls: true encrypts it')
  }
  if (mechanism === 'oauthbearer' && !security?.tls) {
    notes.push('cluster.security: the token travels unencrypted; tls: true encrypts it')
  }
  if (typeof security?.tls === 'object' && security.tls.verification === 'none') {
    notes.push(
      'cluster.security: certificates are not verified, so whoever is on the way can read and alter everything',
    )
  }
  notes.push(...notesOnShape(profile))
  return notes
}

/** A shape that the measurement cuts. */
function notesOnShape(profile: Profile): string[] {
  const { lengthNs } = isReadable(profile.load.rate) ? compiled(profile) : { lengthNs: null }
  const measureMs = profile.phases.measure
  if (lengthNs === null || lengthNs <= Math.round(measureMs * 1e6)) return []
  const [shape, measure] = [lengthNs / 1e6, measureMs].map((ms) => valueText(['phases', 'measure'], ms))
  return [`load.rate: the shape takes ${shape}, and phases.measure is ${measure}: what comes later is left out`]
}
