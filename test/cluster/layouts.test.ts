import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { packageRoot } from '../../src/base/root.ts'
import { run } from '../../src/clusters/compose/docker.ts'
import { layoutPath } from '../../src/clusters/shared/compose-file.ts'

const layouts = readdirSync(join(packageRoot, 'compose')).map((file) => file.replace('.yaml', ''))

for (const command of ['docker compose', 'docker-compose']) {
  const [file = '', ...args] = command.split(' ')
  const there = (await run([file, ...args, 'version', '--short'])).ok
  const services = async (layout: string, env: Record<string, string>) => {
    const result = await run([file, ...args, '-f', layoutPath(layout), 'config', '--services'], { env })
    assert.ok(result.ok, `${layout}: ${result.output}`)
    return result.stdout.split('\n').length
  }
  test(`${command} takes every layout`, { ...(there ? {} : { skip: `${command} is not installed` }) }, async () => {
    for (const layout of layouts) assert.ok((await services(layout, {})) > 0)
    const profiles = 'schema-registry,schema-registry-ui,rest-proxy,topics-ui,connect,connect-ui,ksql,zoonavigator'
    // Of v1 `config` lists what profiles hold back as well.
    assert.equal(await services('full-stack', {}), command === 'docker compose' ? 6 : 15)
    assert.equal(await services('full-stack', { COMPOSE_PROFILES: profiles }), 15)
  })
}
