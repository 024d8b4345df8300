import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { scrubbed, scrubbedData } from '../../../src/base/secrets.ts'

const reference = ['$', '{env:KAFKA_PASSWORD}'].join('')

describe('what looks like a secret is replaced, and nothing else', () => {
  const table: readonly [text: string, scrubbed: string][] = [
    ['sasl.password=hunter2', 'sasl.password=***'],
    ['sasl.password=two words', 'sasl.password=***'],
    ['say {"password":"two words","port":9}', 'say {"password":"***","port":9}'],
    ["password='two words' port=9", "password='***' port=9"],
    ['required username="ada" password="a b";', 'required username="***" password="***";'],
    ['password: "hunter2", next', 'password: "***", next'],
    ['{\\"password\\":\\"hunter2\\"}', '{\\"password\\":\\"***\\"}'],
    ['AWS_SECRET_ACCESS_KEY=abc/def', 'AWS_SECRET_ACCESS_KEY=***'],
    ['https://ada:hunter2@host:9/x', 'https://ada:***@host:9/x'],
    ['Authorization: Bearer abcdefgh12', 'Authorization: Bearer ***'],
    ['at AKIAABCDEFGHIJKLMNOP.', 'at ***.'],
    [`password=${reference}`, `password=${reference}`],
    ['password=***', 'password=***'],
    ['a password is missing', 'a password is missing'],
    ['basic setup of 3 brokers', 'basic setup of 3 brokers'],
    ['connected to 127.0.0.1:9092', 'connected to 127.0.0.1:9092'],
    [
      'topic kbench-20261130-152050-quickstart-b1f8-0, 4 partitions',
      'topic kbench-20261130-152050-quickstart-b1f8-0, 4 partitions',
    ],
  ]
  for (const [text, expected] of table) test(text, () => assert.equal(scrubbed(text), expected))
})

test('in data, the name of a setting decides, at any depth; references, numbers and other names stay', () => {
  assert.deepEqual(
    scrubbedData({
      sasl: { username: 'ada', password: 'x y z', mechanism: 'plain' },
      list: [{ 'ssl.key.pem': 'a\nb', 'ssl.key.location': '/k.pem' }],
      token: reference,
      keys: 5,
      text: 'password=hunter2',
    }),
    {
      sasl: { username: '***', password: '***', mechanism: 'plain' },
      list: [{ 'ssl.key.pem': '***', 'ssl.key.location': '/k.pem' }],
      token: reference,
      keys: 5,
      text: 'password=***',
    },
  )
})

test('a long text is scrubbed in time that grows with its length', () => {
  const startMs = performance.now()
  for (const text of [
    'password '.repeat(100_000),
    'a:'.repeat(200_000),
    '-----BEGIN '.repeat(50_000),
    `${'x'.repeat(500_000)}://`,
  ])
    scrubbed(text)
  assert.ok(performance.now() - startMs < 10_000, String(performance.now() - startMs))
})
