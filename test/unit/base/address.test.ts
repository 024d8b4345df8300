import assert from 'node:assert/strict'
import { test } from 'node:test'
import { addressIn, addressText, parseAddress } from '../../../src/base/address.ts'

test('X14: host and port of names, IPv4 and bracketed IPv6 addresses, and back', () => {
  for (const [text, host, port] of [
    ['b-1.example.com:9092', 'b-1.example.com', 9092],
    ['127.0.0.1:1', '127.0.0.1', 1],
    ['[::1]:9092', '::1', 9092],
    ['[2001:db8::1:2]:65535', '2001:db8::1:2', 65_535],
    ['[fe80::1%eth0]:9092', 'fe80::1%eth0', 9092],
    ['[::ffff:127.0.0.1]:9092', '::ffff:127.0.0.1', 9092],
  ] as const) {
    assert.deepEqual(parseAddress(text), { host, port }, text)
    assert.equal(addressText({ host, port }), text)
  }
})

test('X14: what is no host:port is null, among it an IPv6 address without brackets', () => {
  for (const text of [
    '',
    'a',
    ':9092',
    'a:',
    'a:b',
    'a:70000',
    '::1:9092',
    '[::1]',
    '[]:1',
    '[a]:x',
    'a b:1',
    'http://a:1',
  ]) {
    assert.equal(parseAddress(text), null, text)
  }
  assert.throws(() => addressIn('::1:9092'), RangeError)
})
