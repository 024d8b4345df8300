import { KbenchError } from '../base/errors.ts'
import { defineClusterProvider } from '../contracts/define.ts'
import { composeEnvironment, projectName, startComposeCluster } from './compose/cluster.ts'
import { daemonVersion, ensureImage, findCompose, findImage, removeProject } from './compose/docker.ts'
import { parseServices, readLayout } from './shared/compose-file.ts'
import { requireFeatures } from './shared/features.ts'
import { prepareLayout } from './shared/layout.ts'
import { cleanLeases } from './shared/lease.ts'
import { type LayoutOptions, layoutOptions, oneMachine } from './shared/options.ts'
import { throwIfInterrupted } from './shared/ready.ts'

const noDaemon = {
  reason: 'no Docker daemon answers',
  hint: 'start Docker (DOCKER_HOST names another daemon), or use provider: local',
}
const noCompose = {
  reason: 'Docker answers, but neither the compose plugin nor docker-compose is there',
  hint: 'install docker-compose-plugin (or docker-compose)',
}
const noImage = (image: string) => ({
  reason: `the image ${image} is not here and its registry does not answer`,
  hint: 'set KBENCH_KAFKA_IMAGE to an image that is here',
})

/** A layout run by Docker Compose: the v2 plugin, or docker-compose v1. */
export default defineClusterProvider<LayoutOptions>({
  summary: 'the containers of a layout, by Docker Compose (v2 plugin or docker-compose v1)',
  transferable: oneMachine,
  options: layoutOptions,

  async available(options, signal) {
    if ((await daemonVersion(signal)) === null) return { ok: false, ...noDaemon }
    if (!(await findCompose())) return { ok: false, ...noCompose }
    for (const image of await imagesOf(options.layout)) {
      if (!(await findImage(image, signal))) return { ok: false, ...noImage(image) }
    }
    return { ok: true }
  },

  async provision(options, context) {
    requireFeatures(context)
    const daemon = await daemonVersion(context.signal)
    throwIfInterrupted(context.signal)
    if (daemon === null) throw unavailable(noDaemon)
    const compose = await findCompose()
    if (!compose) throw unavailable(noCompose)
    for (const image of await imagesOf(options.layout)) await ensureImage(image, context)
    throwIfInterrupted(context.signal)
    const { standing } = context
    const layout = await prepareLayout(
      options.layout,
      { ...composeEnvironment(), ...(standing ? { KBENCH_CLUSTER_ID: standing.clusterId } : {}) },
      { privatePorts: false, ownPorts: standing !== undefined },
    )
    return startComposeCluster(layout, compose, options.startTimeout, context)
  },

  async findings(options, signal) {
    const [daemon, compose, images] = await Promise.all([
      daemonVersion(signal),
      findCompose(),
      imagesOf(options.layout),
    ])
    const found = daemon === null ? [] : await Promise.all(images.map((image) => findImage(image, signal)))
    return [
      { what: 'Docker daemon', found: daemon, ...(daemon === null ? { hint: noDaemon.hint } : {}) },
      {
        what: 'Docker Compose',
        found: compose ? `${compose.version} (${compose.command.join(' ')})` : null,
        ...(compose ? {} : { hint: noCompose.hint }),
      },
      ...images.map((image, i) => ({
        what: `image ${image}`,
        found: found[i] ?? null,
        ...(daemon !== null && !found[i] ? { hint: noImage(image).hint } : {}),
      })),
    ]
  },

  clean: () =>
    cleanLeases('compose', ({ name, dockerHost, keepVolumes }) =>
      removeProject(name, { keepVolumes, ...(dockerHost === null ? {} : { env: { DOCKER_HOST: dockerHost } }) }),
    ),

  async forget(runId) {
    await removeProject(projectName(runId))
  },
})

const unavailable = ({ reason, hint }: { reason: string; hint: string }) =>
  new KbenchError('environment', reason, { hint })

async function imagesOf(layout: string): Promise<string[]> {
  const services = parseServices(await readLayout(layout), composeEnvironment())
  return [...new Set(services.map(({ image }) => image))]
}
