import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { execa } from 'execa'
import kafkajs, { type Consumer } from 'kafkajs'
import { packageRoot } from '../../src/base/root.ts'
import type { Cluster } from '../../src/contracts/api.ts'
import type { ClusterStatus } from '../../src/operations/cluster-status.ts'
import { readRecords } from '../../src/operations/consume.ts'
import type { TopicDescription } from '../../src/operations/topics.ts'
import { cleanEnvironment, type Ended, kbench } from '../cli/_kbench.ts'
import { startRun } from '../cli/_live.ts'
import { endOffsets, kafkaTool } from './_kafka-tools.ts'
import { sandbox, skipReason, start, until } from './_providers.ts'

// What `kbench topics`, `configs` and `groups` do and say, with Kafka's own tools as witnesses.

const skip = await skipReason('local')
const box = skip ? null : sandbox('local')
let cluster: Cluster
let bootstrap: string[]

before(async () => {
  if (!box) return
  cluster = await start('local', { layout: 'kraft-3', directory: box.directory() })
  bootstrap = [...cluster.network.bootstrap]
})

after(async () => {
  await cluster?.[Symbol.asyncDispose]()
  await box?.remove()
})

const run = (...args: string[]) => kbench([...args, '-b', bootstrap.join(',')])
const ok = async (...args: string[]): Promise<string> => {
  const { exitCode, stdout, stderr } = await run(...args)
  assert.equal(exitCode, 0, stderr)
  return stdout
}
const refused = async (code: number, message: RegExp, ...args: string[]) => {
  const result = await run(...args)
  assert.equal(result.exitCode, code, result.stderr)
  assert.match(result.stderr, message)
  assert.equal(result.stdout, '')
}
/** With this on its standard input. */
const piped = async (input: string, ...args: string[]): Promise<Ended> => {
  const child = spawn(process.execPath, [join(packageRoot, 'bin', 'kbench.js'), ...args, '-b', bootstrap.join(',')], {
    env: cleanEnvironment(),
  })
  const output = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      output[name] += text
    })
  }
  child.stdin.end(input)
  const [exitCode] = (await once(child, 'close')) as [number]
  return { ...output, exitCode }
}
const json = async <T>(...args: string[]): Promise<T> => JSON.parse(await ok(...args, '--json')) as T

describe('topics', { skip }, () => {
  test('create, list, describe, alter, add partitions, delete', async () => {
    assert.equal(
      await ok(
        'topics',
        'create',
        'orders',
        '--partitions',
        '3',
        '--replication-factor',
        '3',
        '--config',
        'retention.ms=3600000',
      ),
      'created orders\n',
    )
    assert.equal(await ok('topics', 'list'), 'orders\n')
    const text = await ok('topics', 'describe', 'orders')
    assert.match(
      text,
      /^orders {2}3 partitions, replication factor 3, retention\.ms=3600000\nPARTITION {2}LEADER {2}REPLICAS {2}ISR\n/,
    )
    assert.ok(text.split('\n').every((line) => line.length <= 80))
    const [described] = await json<{ partitions: { leader: number; replicas: number[]; inSync: number[] }[] }[]>(
      ...['topics', 'describe', 'orders'],
    )
    const theirs = await kafkaTool('org.apache.kafka.tools.TopicCommand', [
      ...['--bootstrap-server', bootstrap[0]!, '--describe', '--topic', 'orders'],
    ])
    const rows = [...theirs.matchAll(/Partition: (\d+)\s+Leader: (\d+)\s+Replicas: ([\d,]+)\s+Isr: ([\d,]+)/g)]
    assert.equal(rows.length, 3)
    for (const [, partition, leader, replicas, isr] of rows) {
      const ours = described!.partitions[Number(partition)]!
      assert.deepEqual(
        [ours.leader, ours.replicas.join(), [...ours.inSync].sort().join()],
        [Number(leader), replicas, isr!.split(',').sort().join()],
      )
    }
    await ok('topics', 'alter', 'orders', '--config', 'min.insync.replicas=2', '--delete-config', 'retention.ms')
    assert.match(
      await ok('topics', 'describe', 'orders'),
      /^orders {2}3 partitions, replication factor 3, min\.insync\.replicas=2\n/,
    )
    assert.equal(await ok('topics', 'add-partitions', 'orders', '--partitions', '5'), 'orders: 3 → 5 partitions\n')
    assert.equal(await ok('topics', 'describe', '--under-replicated-partitions'), '')
    assert.equal(await ok('topics', 'create', 'orders', '--if-not-exists'), 'orders was there already\n')
    assert.equal(await ok('topics', 'delete', 'orders'), 'deleted orders\n')
    assert.equal(await ok('topics', 'list', '--exclude-internal'), '')
    assert.equal(await ok('topics', 'delete', 'orders', '--if-exists'), '')
  })

  test('what a broker refuses is told in its words, what is not there with a suggestion', async () => {
    await ok('topics', 'create', 'payments', '--partitions', '1', '--replication-factor', '1')
    await refused(3, /topic payments exists already[\s\S]*--if-not-exists/, 'topics', 'create', 'payments')
    await refused(3, /there is no topic paymants[\s\S]*did you mean "payments"/, 'topics', 'describe', 'paymants')
    await refused(3, /there is no topic nothing-like-it/, 'topics', 'delete', 'nothing-like-it')
    await refused(
      3,
      /payments has 1 partition: 1 is no more/,
      'topics',
      'add-partitions',
      'payments',
      '--partitions',
      '1',
    )
    await refused(3, /INVALID_REPLICATION_FACTOR/, 'topics', 'create', 'wide', '--replication-factor', '7')
    await refused(3, /INVALID_CONFIG|Unknown topic config/, 'topics', 'create', 'odd', '--config', 'retention.mss=1')
    await refused(
      3,
      /topic payments not changed: .*retention\.ms/,
      'topics',
      'alter',
      'payments',
      '--config',
      'retention.ms=soon',
    )
    await refused(2, /nothing to change/, 'topics', 'alter', 'payments')
    await refused(
      2,
      /--topic-config retention: expected name=value/,
      'topics',
      'create',
      'x',
      '--topic-config',
      'retention',
    )
    const nowhere = await kbench(['topics', 'list', '-b', '127.0.0.1:1'])
    assert.equal(nowhere.exitCode, 3)
    assert.match(nowhere.stderr, /no broker answers at 127\.0\.0\.1:1/)
    const unsaid = await kbench(['topics', 'list'])
    assert.equal(unsaid.exitCode, 2)
    assert.match(unsaid.stderr, /which cluster\?[\s\S]*--bootstrap-server/)
    assert.equal((await kbench(['topics', 'list', '-b', 'localhost'])).exitCode, 2)
  })
})

describe('configs', { skip }, () => {
  test('of a broker and of all: set, told with their source, removed', async () => {
    const brokers = ['--entity-type', 'brokers']
    // Kafka 4.1 sets min.insync.replicas there by itself.
    assert.doesNotMatch(await ok('configs', 'describe', ...brokers, '--entity-default'), /log\./)
    await ok('configs', 'alter', ...brokers, '--entity-default', '--add-config', 'log.cleaner.threads=2')
    await ok('configs', 'alter', ...brokers, '--entity-name', '1', '--add-config', 'log.retention.ms=86400000')
    await until('both are told', async () => {
      const text = await ok('configs', 'describe', ...brokers, '--entity-name', '1')
      return (
        /log\.cleaner\.threads +2 +DYNAMIC_DEFAULT_BROKER_CONFIG +yes/.test(text) &&
        /log\.retention\.ms +86400000 +DYNAMIC_BROKER_CONFIG/.test(text)
      )
    })
    const theirs = await kafkaTool('kafka.admin.ConfigCommand', [
      ...['--bootstrap-server', bootstrap[0]!, '--describe', '--entity-type', 'brokers', '--entity-name', '1'],
    ])
    assert.match(theirs, /log\.retention\.ms=86400000/)
    await ok('configs', 'alter', ...brokers, '--entity-name', '1', '--delete-config', 'log.retention.ms')
    await ok('configs', 'alter', ...brokers, '--entity-default', '--delete-config', 'log.cleaner.threads')
    await until(
      'nothing is left',
      async () => !/log\./.test(await ok('configs', 'describe', ...brokers, '--entity-name', '1')),
    )
    const all = await ok('configs', 'describe', ...brokers, '--entity-name', '1', '--all')
    assert.match(all, /^delete\.topic\.enable +true +\S+ +no$/m)
  })

  test('a setting that cannot be changed while the broker runs: the refusal as it is', async () => {
    const brokers = ['--entity-type', 'brokers', '--entity-name', '1']
    await refused(
      3,
      /broker 1 not changed: .*delete\.topic\.enable/,
      ...['configs', 'alter', ...brokers, '--add-config', 'delete.topic.enable=false'],
    )
    await refused(
      3,
      /there is no broker 9[\s\S]*there are 1, 2, 3/,
      'configs',
      'describe',
      '--entity-type',
      'brokers',
      '--entity-name',
      '9',
    )
    await refused(2, /which broker\?/, 'configs', 'describe', '--entity-type', 'brokers')
    await refused(2, /which topic\?/, 'configs', 'describe', '--entity-type', 'topics')
  })
})

describe('produce and consume', { skip }, () => {
  const lines = Array.from({ length: 1200 }, (_, n) => `user-${n % 7}:event ${n}`)

  test('a file with keys: one key, one partition, in order; read again with keys, headers, and by a format', async () => {
    await ok('topics', 'create', 'log', '--partitions', '3', '--replication-factor', '3')
    const file = join(box!.root, 'file.log')
    writeFileSync(file, `${lines.join('\n')}\n`)
    const told = (await ok(...['produce', 'log', '-l', file, '-K', ':', '-H', 'source=shop', '--json']))
      .trim()
      .split('\n')
    assert.equal(told.length, 1200)
    const written = told.map((line) => JSON.parse(line) as { partition: number; offset: number; key: string })
    for (const key of new Set(written.map((one) => one.key))) {
      assert.equal(new Set(written.filter((one) => one.key === key).map(({ partition }) => partition)).size, 1, key)
    }
    assert.deepEqual(
      await endOffsets(bootstrap[0]!, 'log'),
      new Map([0, 1, 2].map((id) => [id, written.filter(({ partition }) => partition === id).length])),
    )
    const read = (await ok('consume', 'log', '--from-beginning', '-e', '-f', '%p %o %k:%s %h\\n')).trim().split('\n')
    assert.equal(read.length, 1200)
    // What was told of each record is where it lies, with what was in the file.
    const expected = written.map(({ partition, offset }, n) => `${partition} ${offset} ${lines[n]} source=shop`)
    assert.deepEqual(read.sort(), expected.sort())
    for (const id of [0, 1, 2]) {
      const mine = written.filter(({ partition }) => partition === id).map(({ offset }) => offset)
      assert.deepEqual(
        mine,
        mine.toSorted((a, b) => a - b),
        'the order of the file is that of the partition',
      )
    }
    assert.equal(
      await ok('consume', 'log', '-p', String(written[0]!.partition), '-o', '0', '-c', '1', '--keys'),
      'user-0\tevent 0\n',
    )
    const lastTwo = [0, 1, 2].reduce(
      (sum, id) => sum + Math.min(2, written.filter(({ partition }) => partition === id).length),
      0,
    )
    assert.equal((await ok('consume', 'log', '-o', '-2', '-e')).trim().split('\n').length, lastTwo)
  })

  test('lines that are piped in, without keys: spread over the partitions; a partition of its own; none such', async () => {
    await ok('topics', 'create', 'piped', '--partitions', '3', '--replication-factor', '1')
    const { exitCode, stdout, stderr } = await piped('a\nb\n\nd', 'produce', 'piped', '--partitioner', 'round-robin')
    assert.equal(exitCode, 0, stderr)
    assert.match(stdout, /^(partition \d {2}offset \d\n){4}$/)
    assert.equal(new Set(stdout.match(/partition \d/g)).size, 3)
    assert.match(stderr, /4 records written to piped/)
    assert.doesNotMatch(stderr, /> /, 'no prompt where nobody types')
    assert.match((await piped('x', 'produce', 'piped', '-p', '2')).stdout, /^partition 2 {2}offset \d\n$/)
    await refused(
      3,
      /topic piped has no partition 3[\s\S]*it has 3, from 0/,
      'produce',
      'piped',
      '-p',
      '3',
      '-l',
      '/dev/null',
    )
    await refused(3, /there is no topic pipe[\s\S]*did you mean "piped"/, 'produce', 'pipe', '-l', '/dev/null')
    await refused(2, /cannot read .*nowhere/, 'produce', 'piped', '-l', join(box!.root, 'nowhere'))
    const big = join(box!.root, 'big')
    writeFileSync(big, 'x'.repeat(2_000_000))
    await refused(3, /not written: MESSAGE_TOO_LARGE/, 'produce', 'piped', '-l', big)
  })

  test('as a group: makes the topic, says what it joined, commits, and leaves at once on Ctrl-C', async () => {
    const live = startRun(
      [
        'topic1',
        '-b',
        bootstrap.join(','),
        '-G',
        'readers',
        '--create-topic',
        '--partitions',
        '10',
        '--from-beginning',
      ],
      {},
      'consume',
    )
    await live.says('joined readers')
    assert.match(live.stderr(), /created topic1, 10 partitions/)
    assert.match(live.stderr(), /partitions 0, 1, 2, 3, 4, 5, 6, 7, 8, 9/)
    await piped('one\ntwo\nthree', 'produce', 'topic1')
    await until('all are printed', () => live.stdout().split('\n').length === 4)
    live.interrupt()
    const { exitCode, afterMs } = await live.ended
    assert.equal(exitCode, 0, live.stderr())
    assert.ok(afterMs < 8000, `${afterMs} ms: no session was waited for`)
    assert.match(live.stderr(), /left readers\n3 records\n$/)
    const state = await json<{ state: string; members: number; partitions: { lag: number }[] }>(
      'groups',
      'describe',
      'readers',
    )
    assert.deepEqual([state.state, state.members], ['Empty', 0])
    assert.equal(
      state.partitions.reduce((sum, { lag }) => sum + lag, 0),
      0,
    )
    // It goes on where it was; a partition of which it has committed nothing begins where it says.
    await piped('four', 'produce', 'topic1')
    assert.equal(await ok('consume', 'topic1', '-G', 'readers', '-c', '1', '--from-beginning'), 'four\n')
  })

  test('--exit ends before a transaction that is still open, alone and in a group', async () => {
    await ok('topics', 'create', 'open', '--partitions', '1')
    await piped('before\n', 'produce', 'open')
    const kafka = new kafkajs.Kafka({ brokers: bootstrap, logLevel: kafkajs.logLevel.NOTHING })
    const producer = kafka.producer({ transactionalId: 'open', idempotent: true, maxInFlightRequests: 1 })
    await producer.connect()
    const transaction = await producer.transaction()
    try {
      await transaction.send({ topic: 'open', messages: [{ value: 'in it' }] })
      await piped('behind it\n', 'produce', 'open')
      assert.equal(await ok('consume', 'open', '--from-beginning', '--exit'), 'before\n')
      assert.equal(await ok('consume', 'open', '-G', 'impatient', '--from-beginning', '--exit'), 'before\n')
    } finally {
      await transaction.abort()
      await producer.disconnect()
    }
    // What was aborted is never shown.
    assert.equal(await ok('consume', 'open', '--from-beginning', '--exit'), 'before\nbehind it\n')
    assert.equal(await ok('consume', 'open', '-G', 'impatient', '--exit'), 'behind it\n')
  })
})

describe('groups', { skip }, () => {
  let consumer: Consumer | undefined
  after(async () => consumer?.disconnect())

  test('offsets, lag and members as ConsumerGroupCommand tells them; an active group is not reset', async () => {
    await ok('topics', 'create', 'events', '--partitions', '3', '--replication-factor', '1')
    const kafka = new kafkajs.Kafka({ brokers: bootstrap, clientId: 'shop', logLevel: kafkajs.logLevel.NOTHING })
    const producer = kafka.producer({ createPartitioner: kafkajs.Partitioners.DefaultPartitioner })
    await producer.connect()
    for (let partition = 0; partition < 3; partition++) {
      const messages = Array.from({ length: 10 * (partition + 1) }, (_, n) => ({ value: `event ${n}`, partition }))
      await producer.send({ topic: 'events', messages })
    }
    let read = 0
    consumer = kafka.consumer({ groupId: 'billing' })
    await consumer.connect()
    await consumer.subscribe({ topic: 'events', fromBeginning: true })
    await consumer.run({
      eachMessage: async () => {
        read++
      },
    })
    await until('all are read', () => read === 60)
    await consumer.commitOffsets([
      { topic: 'events', partition: 0, offset: '10' },
      { topic: 'events', partition: 1, offset: '15' },
      { topic: 'events', partition: 2, offset: '0' },
    ])
    assert.match(await ok('groups', 'list'), /^GROUP +STATE\nbilling +Stable\n/)
    const text = await ok('groups', 'describe', 'billing')
    assert.match(text, /^billing {2}Stable, 1 member, RoundRobinAssigner\n/)
    const theirs = await kafkaTool('org.apache.kafka.tools.consumer.group.ConsumerGroupCommand', [
      ...['--bootstrap-server', bootstrap[0]!, '--describe', '--group', 'billing'],
    ])
    const cells = (table: string, from: number) =>
      table
        .split('\n')
        .map((line) => line.trim().split(/\s+/))
        .filter((row) => row.includes('events'))
        .map((row) => row.slice(from))
        .sort()
    // Theirs has the group first.
    assert.deepEqual(
      cells(text, 0),
      cells(theirs, 1).map((row) => row.map((cell) => cell.replace(/^\//, ''))),
    )
    await refused(
      3,
      /group billing is active and cannot be reset[\s\S]*member shop/,
      ...['groups', 'reset-offsets', 'billing', '--topic', 'events', '--to-earliest', '--execute'],
    )
    await refused(3, /group billing is active and cannot be deleted/, 'groups', 'delete', 'billing')
    await consumer.disconnect()
    await producer.disconnect()
  })

  test('resets: first only told, then done; each way to', async () => {
    await until('the group is empty', async () => /billing +Empty/.test(await ok('groups', 'list')))
    const reset = async (...args: string[]) => {
      const { resets } = await json<{ resets: { partition: number; from: number; to: number }[] }>(
        ...['groups', 'reset-offsets', 'billing', ...args],
      )
      return resets.map(({ to }) => to)
    }
    const now = async () => {
      const { partitions } = await json<{ partitions: { committed: number }[] }>('groups', 'describe', 'billing')
      return partitions.map(({ committed }) => committed)
    }
    const told = await run('groups', 'reset-offsets', 'billing', '--topic', 'events', '--to-latest')
    assert.match(told.stderr, /nothing was changed: --execute does it/)
    assert.match(
      told.stdout,
      /^TOPIC +PARTITION +CURRENT-OFFSET +NEW-OFFSET\nevents +0 +10 +10\nevents +1 +15 +20\nevents +2 +0 +30\n$/,
    )
    assert.deepEqual(await now(), [10, 15, 0])
    assert.deepEqual(await reset('--all-topics', '--to-latest', '--execute'), [10, 20, 30])
    assert.deepEqual(await now(), [10, 20, 30])
    assert.deepEqual(await reset('--topic', 'events', '--shift-by', '-7', '--execute'), [3, 13, 23])
    assert.deepEqual(await reset('--topic', 'events:1', '--to-earliest', '--execute'), [0])
    assert.deepEqual(await reset('--topic', 'events', '--to-offset', '15', '--execute'), [10, 15, 15])
    assert.deepEqual(await reset('--topic', 'events', '--by-duration', 'PT1H'), [0, 0, 0])
    assert.deepEqual(await reset('--topic', 'events', '--to-datetime', '2099-01-01T00:00:00Z'), [10, 20, 30])
    assert.deepEqual(await reset('--topic', 'events', '--to-current'), [10, 15, 15])
    const file = join(box!.root, 'offsets.csv')
    writeFileSync(file, 'events,0,4\nevents,2,29\n')
    assert.deepEqual(await reset('--from-file', file, '--execute'), [4, 29])
    assert.deepEqual(await now(), [4, 15, 29])
    await refused(2, /of which topics\?/, 'groups', 'reset-offsets', 'billing', '--to-latest')
    await refused(
      3,
      /topic events has no partition 7/,
      ...['groups', 'reset-offsets', 'billing', '--topic', 'events:7', '--to-latest'],
    )
    await refused(3, /there is no group biling[\s\S]*did you mean "billing"/, 'groups', 'describe', 'biling')
    assert.equal(await ok('groups', 'delete', 'billing'), 'deleted billing\n')
    assert.doesNotMatch(await ok('groups', 'list'), /billing/)
  })
})

test('a broker dies: all else is told and read at once; a partition that nobody leads is told, and ends what reads to its end', {
  skip,
}, async () => {
  await ok('topics', 'create', 'lonely', '--partitions', '3', '--replication-factor', '1')
  // More than one answer holds of any partition.
  const producer = new kafkajs.Kafka({ brokers: bootstrap, logLevel: kafkajs.logLevel.NOTHING }).producer()
  await producer.connect()
  for (let i = 0; i < 15; i++) {
    const messages = Array.from({ length: 60 }, () => ({ partition: i % 3, value: Buffer.alloc(10_000) }))
    await producer.send({ topic: 'lonely', messages })
  }
  await producer.disconnect()
  const options = { topic: 'lonely', partitions: null, from: 'earliest', untilEnd: true, patienceMs: 1000 } as const
  const reading = readRecords(cluster.network, options, new AbortController().signal)
  let read = (await reading.next()).value?.length ?? 0
  // The one that is asked where it does not matter which.
  const broker = cluster.nodes[0]!
  await broker.signal!('SIGKILL')
  await until('it has ended', () => broker.pid === undefined)
  try {
    // Before the others know of it.
    await ok('topics', 'describe', 'lonely')
    await ok('configs', 'describe', '--entity-type', 'topics', '--entity-name', 'lonely')
    const orphan = async () => {
      const [lonely] = await json<TopicDescription[]>('topics', 'describe', 'lonely')
      return lonely!.partitions.find(({ replicas }) => replicas[0] === broker.id)!
    }
    const { partition } = await orphan()
    await until('nobody leads it', async () => (await orphan()).leader === -1)
    const status = await json<ClusterStatus>('cluster', 'status')
    assert.ok(status.offline.includes(`lonely-${partition}`), status.offline.join())
    assert.ok(status.brokers.some(({ id, isController }) => isController && id === status.controllerId))
    assert.match(await ok('topics', 'list'), /^lonely$/m)
    const leaderless = new RegExp(`partition ${partition} of lonely has no leader`)
    await refused(3, leaderless, 'consume', 'lonely', '--exit')
    const led = String((partition + 1) % 3)
    const consumed = await ok('consume', 'lonely', '-p', led, '--exit', '--from-beginning', '--format', '%o\n')
    assert.equal(consumed.trimEnd().split('\n').length, 300)
    await assert.rejects(async () => {
      for await (const records of reading) read += records.length
    }, leaderless)
    assert.ok(read >= 600 && read < 900, `${read} of 900 records`)
  } finally {
    await broker.start!()
  }
  await until('it leads again', async () => (await json<ClusterStatus>('cluster', 'status')).offline.length === 0)
})

test('the controller is whom MetadataQuorumCommand calls the leader', { skip }, async () => {
  const theirs = await kafkaTool('org.apache.kafka.tools.MetadataQuorumCommand', [
    ...['--bootstrap-server', bootstrap[0]!, 'describe', '--status'],
  ])
  const status = await json<ClusterStatus>('cluster', 'status')
  assert.equal(status.controllerId, Number(/^LeaderId:\s+(\d+)$/m.exec(theirs)?.[1]))
})

interface KcatListing {
  brokers: { id: number; name: string }[]
  topics: {
    topic: string
    partitions: { partition: number; leader: number; replicas: { id: number }[]; isrs: { id: number }[] }[]
  }[]
}

test('kcat -L sees the brokers and partitions that kbench tells', { skip: skip ?? (await whyNoKcat()) }, async () => {
  await ok('topics', 'create', 'listed', '--partitions', '4', '--replication-factor', '2')
  const { stdout } = await execa('kcat', ['-L', '-J', '-b', bootstrap.join(',')])
  const theirs = JSON.parse(stdout) as KcatListing
  const status = await json<ClusterStatus>('cluster', 'status')
  assert.deepEqual(
    status.brokers.map(({ id, address }) => ({ id, address })),
    theirs.brokers.map(({ id, name }) => ({ id, address: name })).sort((a, b) => a.id - b.id),
  )
  const [ours] = await json<TopicDescription[]>('topics', 'describe', 'listed')
  const listed = theirs.topics.find(({ topic }) => topic === 'listed')!
  assert.equal(listed.partitions.length, 4)
  assert.deepEqual(
    ours!.partitions,
    listed.partitions
      .map(({ partition, leader, replicas, isrs }) => ({
        partition,
        leader,
        replicas: replicas.map(({ id }) => id),
        inSync: isrs.map(({ id }) => id),
      }))
      .sort((a, b) => a.partition - b.partition),
  )
})

async function whyNoKcat(): Promise<string | undefined> {
  return (await execa('kcat', ['-V'], { reject: false })).failed ? 'kcat is not installed' : undefined
}
