#!/usr/bin/env node
// Prints a bearer token for the layout kraft-3-oauth, as a token endpoint would answer: signed with the key in the layout's secrets.
//   node bin/kbench-token.js <folder of secrets> [life in seconds]
import { createPrivateKey, sign } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { readStore } from '../dist/src/kafka/keystore.js'

const [folder = '.', life = '3600'] = process.argv.slice(2)
const { key } = await readStore(join(folder, 'token.p12'), readFileSync(join(folder, 'token.password'), 'utf8'))
const nowS = Math.floor(Date.now() / 1000)
const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url')
const claims = { sub: 'kbench', aud: 'kafka', scope: 'kafka', iat: nowS, exp: nowS + Number(life) }
const text = `${part({ alg: 'RS256', kid: 'kbench', typ: 'JWT' })}.${part(claims)}`
const signature = sign('sha256', Buffer.from(text), createPrivateKey(key)).toString('base64url')
console.log(JSON.stringify({ access_token: `${text}.${signature}`, expires_in: Number(life), token_type: 'Bearer' }))
