import type { Finding } from '../../contracts/api.ts'
import { loadPlugin, pluginNames } from '../../registry.ts'
import { type Availability, availability, type Choice } from '../run/choose-cluster.ts'
import { type Check, defineCheck, lines } from './check.ts'

interface Found {
  choice: Choice
  /** Of the chosen provider; null = none, or one that needs nothing of this machine. */
  available: Availability | null
  /** By provider, in its own words; of those that nobody needs here, nothing. */
  findings: readonly { provider: string; findings: readonly Finding[] }[]
  /** A tool that runs on Java beside the clients; null = none. */
  reference: string | null
}

/** What runs the cluster, and what it needs of this machine: Docker, Compose, images, Java, Kafka's jars. */
export default defineCheck<Found>({
  id: 'provider',
  subject: 'cluster provider',
  of: 'machine',

  async look({ profile: { cluster, reference }, choice, target, signal }) {
    const { provider } = choice
    // To ask a registry for an image that nobody needs would take seconds.
    const asked = (name: string) =>
      cluster.provider === 'auto' && target === null
        ? name !== 'fake'
        : name === provider || (name === 'local' && reference)
    const names = (await pluginNames('clusters')).filter(asked)
    const findings = names.map(async (name) => {
      const plugin = await loadPlugin('clusters', name)
      return { provider: name, findings: (await plugin.findings?.({ ...cluster, provider: name }, signal)) ?? [] }
    })
    return {
      choice,
      available: provider === null || target !== null ? null : await availability(provider, cluster, signal),
      findings: await Promise.all(findings),
      reference: reference ?? null,
    }
  },

  judge({ choice, available, findings, reference }): Check[] {
    const { ok, failure } = lines('provider')
    const { provider, reason, rejected } = choice
    const subject = 'cluster provider'
    const chosen =
      provider === null
        ? failure(
            subject,
            `none can run here: ${rejected.map((each) => `${each.provider}: ${each.reason}`).join('; ')}`,
            rejected[0]?.hint ?? 'kbench doctor shows what is missing',
          )
        : available && !available.ok
          ? failure(subject, `${provider}: ${available.reason}`, available.hint)
          : ok(subject, `${provider} (${reason})`)
    const needs = (name: string, what: string) => name === provider || (what === 'Java' && reference !== null)
    return [
      chosen,
      ...(findings.every((each) => each.findings.length === 0)
        ? [ok('Docker, Java', 'not needed for this profile')]
        : []),
      ...findings.flatMap((each) => each.findings.map((found) => ofFinding(found, needs(each.provider, found.what)))),
    ]
  },
})

/** What is missing and has no remedy, or that nobody needs, is no problem. The provider's own line reports whether it can run without. */
function ofFinding({ what, found, hint }: Finding, isNeeded: boolean): Check {
  const { ok, warning } = lines(idOf(what))
  if (found !== null) return isNeeded && hint !== undefined ? warning(what, found, hint) : ok(what, found)
  if (!isNeeded) return ok(what, 'not found, and not needed for this profile')
  return hint === undefined ? ok(what, 'not found') : warning(what, 'not found', hint)
}

/** "Docker Compose" → "docker-compose"; of an image or the like its kind alone. */
const idOf = (what: string): string =>
  (what.startsWith('image ') ? 'image' : what).toLowerCase().replace(/[^a-z0-9]+/g, '-')
