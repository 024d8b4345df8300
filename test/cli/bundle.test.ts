import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { appendFile, cp, mkdir, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import { gunzipSync, gzipSync } from 'node:zlib'
import { unpackTar } from 'modern-tar'
import { packageRoot } from '../../src/base/root.ts'
import { kbench, scratch } from './_kbench.ts'

const fake = `name: planted
cluster: { provider: fake }
topic: { partitions: 2, replicationFactor: 1 }
clients: [fake]
load: { rate: 100 }
consumers: [ { group: g1 } ]
phases: { clusterWarmup: 0s, warmup: 0s, measure: 2s, drain: 1s }
`

/** A run of the fake client, in `results`. */
async function fakeRun(t: TestContext): Promise<{ cwd: string; directory: string; id: string }> {
  const cwd = await scratch(t)
  await writeFile(join(cwd, 'p.yaml'), fake)
  await kbench(['run', 'p.yaml', '--no-reports', '-q'], { cwd })
  const [id] = (await readdir(join(cwd, 'results'))) as [string]
  return { cwd, id, directory: join(cwd, 'results', id) }
}

async function unpacked(file: string): Promise<Map<string, string>> {
  const entries = await unpackTar(gunzipSync(await readFile(file)))
  return new Map(entries.map(({ header, data }) => [header.name, Buffer.from(data ?? []).toString()]))
}

/** What is planted, in the forms that logs, results and journals may have it in. */
const plants: Readonly<Record<string, string>> = {
  'a password of a setting': 'sasl.password=plant-hunter1',
  'one within JSON': '{"sasl.password":"plant-hunter2","sasl":{"username":"plant-ada"}}',
  'one within JSON within JSON': '{"text":"{\\"password\\":\\"plant-hunter3\\"}"}',
  'a line of JAAS': 'sasl.jaas.config=PlainLoginModule required username="x" password="plant-hunter4";',
  'a URL': 'GET https://ada:plant-hunter5@login.example.com/token',
  'a header': 'Authorization: Bearer plant-hunter6-plant',
  'basic authorization': 'authorization: Basic cGxhbnQtaHVudGVyNzpwbGFudA==',
  'a token': 'token eyJwbGFudCI6ImEifQx.eyJwbGFudCI6ImIifQx.plant-signature8',
  'keys of AWS': 'AKIAPLANTPLANTPLANT9 aws_secret_access_key = plant/hunter9',
  'a signed URL': 'https://kafka.eu.amazonaws.com/?X-Amz-Security-Token=plant-hunter10&X-Amz-Signature=plant11',
  'a private key': '-----BEGIN PRIVATE KEY-----\nplant-hunter12\n-----END PRIVATE KEY-----',
  'one on a line of JSON': '{"log":"-----BEGIN RSA PRIVATE KEY-----\\nplant-hunter13\\n-----END RSA PRIVATE KEY-----"}',
  'one that is cut off': '-----BEGIN EC PRIVATE KEY-----plant-hunter14',
}

test('no planted secret is in the archive, whatever its form and wherever it was', async (t) => {
  const { cwd, id, directory } = await fakeRun(t)
  const all = Object.values(plants)
  await appendFile(
    join(directory, 'logs', 'kbench.log'),
    `${all.join('\n')}\nfrom a variable: v4riable-w0rd, djRyaWFibGUtdzByZA==\n`,
  )
  await writeFile(join(directory, 'logs', 'broker.log'), `${all.join('\n')}\n`)
  await appendFile(join(directory, 'journal.ndjson'), `${all.filter((text) => text.startsWith('{')).join('\n')}\n`)
  const result = JSON.parse(await readFile(join(directory, 'result.json'), 'utf8'))
  result.variants[0].effectiveConfig.producer = {
    'sasl.password': 'plant-hunter15',
    'ssl.key.pem': 'plant-hunter16',
    'sasl.username': 'plant-ada',
  }
  result.variants[0].reasons = all
  await writeFile(join(directory, 'result.json'), JSON.stringify(result))
  const recording = (await readdir(join(directory, 'recordings')))[0]!
  const lines = gunzipSync(await readFile(join(directory, 'recordings', recording))).toString()
  await writeFile(
    join(directory, 'recordings', recording),
    gzipSync(`${all.filter((text) => text.startsWith('{')).join('\n')}\n${lines}`),
  )

  const env = { KAFKA_PASSWORD: 'v4riable-w0rd' }
  const { stdout, exitCode, stderr } = await kbench(['bundle', id], { cwd, env })
  assert.equal(exitCode, 0, stderr)
  assert.equal(stdout, `${id}.tar.gz\n`)
  const files = await unpacked(join(cwd, `${id}.tar.gz`))
  for (const [name, text] of files) {
    for (const [line, at] of text.split('\n').map((each, index) => [each, index + 1] as const)) {
      assert.doesNotMatch(
        line,
        /plant-?(hunter|signature|ada|11\b)|cGxhbnQ|AKIAPLANT|plant\/hunter|v4riable-w0rd|dmA0cmlhYmxlLXcwcmQ/,
        `${name}:${at}`,
      )
    }
  }
  // What was there is still there, but for the secrets.
  assert.match(files.get(`${id}/logs/broker.log`)!, /^sasl\.password=\*\*\*$/m)
  assert.match(files.get(`${id}/logs/broker.log`)!, /https:\/\/ada:\*\*\*@login\.example\.com\/token/)
  assert.equal(JSON.parse(files.get(`${id}/result.json`)!).variants[0].effectiveConfig.producer['ssl.key.pem'], '***')
})

test('what goes in is listed before it is written; --dry-run writes nothing', async (t) => {
  const { cwd, id, directory } = await fakeRun(t)
  await mkdir(join(directory, 'charts'))
  const dry = await kbench(['bundle', id, '--dry-run'], { cwd })
  assert.deepEqual([dry.exitCode, dry.stdout], [0, ''])
  const { stderr, stdout } = await kbench(['bundle', `results/${id}`, '--out', 'my.tgz'], { cwd })
  assert.equal(stdout, 'my.tgz\n')
  const files = await unpacked(join(cwd, 'my.tgz'))
  const names = [...files.keys()].map((name) => name.replace(`${id}/`, ''))
  for (const name of [
    'result.json',
    'journal.ndjson',
    'logs/kbench.log',
    'recordings/0.head.ndjson',
    'profile.json',
    'versions.json',
    'doctor.txt',
  ]) {
    assert.ok(names.includes(name), name)
  }
  for (const name of names) {
    assert.ok(stderr.includes(`${name} `) && dry.stderr.includes(`${name} `), name)
    assert.ok(stderr.indexOf(`${name} `) < stderr.indexOf('wrote my.tgz'))
  }
  assert.match(stderr, /^left out: recordings\/0\.ndjson\.gz after its first 50 lines, charts$/m)
  assert.ok(!existsSync(join(cwd, `${id}.tar.gz`)))
  assert.match(files.get(`${id}/doctor.txt`)!, /^Node\.js /)
  assert.equal(JSON.parse(files.get(`${id}/versions.json`)!).node, process.versions.node)
  assert.equal(JSON.parse(files.get(`${id}/profile.json`)!).name, 'planted')
})

test('hosts of brokers and the home folder are replaced; a link out of the folder is not followed', async (t) => {
  const { cwd, id, directory } = await fakeRun(t)
  const result = JSON.parse(await readFile(join(directory, 'result.json'), 'utf8'))
  result.cluster.brokers = [{ id: 1, host: 'b-1.secret-corp.example', port: 9092 }]
  await writeFile(join(directory, 'result.json'), JSON.stringify(result))
  await appendFile(join(directory, 'logs', 'kbench.log'), `to b-1.secret-corp.example:9092 from ${cwd}/x\n`)
  await writeFile(join(cwd, 'outside'), 'not of this run')
  await symlink(join(cwd, 'outside'), join(directory, 'logs', 'link.log'))
  await kbench(['bundle', id], { cwd, env: { HOME: cwd } })
  const files = await unpacked(join(cwd, `${id}.tar.gz`))
  const all = [...files.values()].join('\n')
  assert.ok(!all.includes('secret-corp') && !all.includes(`${cwd}/`) && !all.includes('not of this run'))
  assert.match(files.get(`${id}/logs/kbench.log`)!, /^to broker-1:9092 from ~\/x$/m)
})

test('folders and recordings that lead elsewhere are left out', async (t) => {
  const { cwd, id, directory } = await fakeRun(t)
  const outside = join(cwd, 'outside')
  await mkdir(outside)
  await writeFile(join(outside, '0.ndjson'), 'not of this run\n')
  for (const folder of ['logs', 'recordings']) {
    await rm(join(directory, folder), { recursive: true })
    await symlink(outside, join(directory, folder))
  }
  assert.equal((await kbench(['bundle', id], { cwd })).exitCode, 0)
  await rm(join(directory, 'recordings'))
  await mkdir(join(directory, 'recordings'))
  await symlink(join(outside, '0.ndjson'), join(directory, 'recordings', '0.ndjson'))
  assert.equal((await kbench(['bundle', id, '--out', 'second.tar.gz'], { cwd })).exitCode, 0)
  for (const file of [`${id}.tar.gz`, 'second.tar.gz']) {
    assert.ok(![...(await unpacked(join(cwd, file))).values()].join('\n').includes('not of this run'), file)
  }
})

test('of a recording with a line that never ends, what comes before it is there', async (t) => {
  const { cwd, id, directory } = await fakeRun(t)
  const recordings = join(directory, 'recordings')
  const head = '{"fact":"first"}\n'
  await writeFile(join(recordings, '7.ndjson'), `${head}${'x'.repeat(80_000_000)}`)
  await writeFile(join(recordings, '8.ndjson.gz'), gzipSync(`${head}${'y'.repeat(80_000_000)}`))
  assert.equal((await kbench(['bundle', id], { cwd })).exitCode, 0)
  const files = await unpacked(join(cwd, `${id}.tar.gz`))
  for (const name of ['7', '8']) {
    const text = files.get(`${id}/recordings/${name}.head.ndjson`)!
    assert.match(text, /^\{"fact":"first"\}\n\(cannot be read further: a line of more than 262144 bytes\)\n$/)
  }
})

describe('runs that are not whole', () => {
  test('killed before its result: the rest is there', async (t) => {
    const { cwd, id, directory } = await fakeRun(t)
    const bare = join(cwd, 'results', 'bare')
    await mkdir(bare)
    await cp(join(directory, 'journal.ndjson'), join(bare, 'journal.ndjson'))
    await appendFile(join(bare, 'journal.ndjson'), '{"type":"torn')
    const { exitCode, stderr } = await kbench(['bundle', 'bare'], { cwd })
    assert.equal(exitCode, 0, stderr)
    assert.ok((await unpacked(join(cwd, 'bare.tar.gz'))).has('bare/journal.ndjson'))
    assert.ok(id)
  })

  test('an old result without a journal', async (t) => {
    const cwd = await scratch(t)
    const example = join(packageRoot, 'results/examples/20261129-183947-3broker-acks-all-1bf3')
    const { exitCode, stderr } = await kbench(['bundle', example], { cwd })
    assert.equal(exitCode, 0, stderr)
    assert.match(stderr, /^left out: .*charts.*report\.html/m)
  })

  test('no run: exit 2', async (t) => {
    const { exitCode, stderr } = await kbench(['bundle', 'nowhere'], { cwd: await scratch(t) })
    assert.equal(exitCode, 2)
    assert.match(stderr, /nowhere: no result\.json there/)
  })
})
