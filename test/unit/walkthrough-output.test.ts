import assert from 'node:assert/strict'
import { test } from 'node:test'
import { missingIn } from '../walkthroughs/_walkthrough.ts'

test('what a page shows is compared line by line; … is anything, on a line of its own any lines', () => {
  const page = ['BROKER  ADDRESS', '     1  127.0.0.1:9092  …', '…', 'done']
  assert.equal(missingIn('BROKER ADDRESS\n 1 127.0.0.1:31313 rack-a\nx\ny\ndone\n', page), null)
  assert.equal(missingIn('BROKER ADDRESS\n 1 127.0.0.1:31313 rack-a\ndone\n', page), null)
  assert.equal(missingIn('BROKER ADDRESS\n 1 127.0.0.1 rack-a\ndone\n', page), page[1])
  assert.equal(missingIn('BROKER ADDRESS\n 1 127.0.0.1:1 rack-a\ndone\nmore\n', page), 'the end')
  assert.equal(missingIn('', []), null)
  assert.equal(missingIn('', ['x']), 'x')
  assert.equal(missingIn('x\n', []), 'the end')
  assert.equal(missingIn('a.b\n', ['a?b']), 'a?b')
})

test('a long output that does not match is told at once', () => {
  const page = Array.from({ length: 40 }, () => '… … … … …')
  assert.equal(missingIn(`${'1 2 3 4 5 6 7 8 9\n'.repeat(40)}more\n`, page), 'the end')
})
