import type { OutRecord } from '../contracts/api.ts'

/** Values are shared between records where the client copies them; a record that has to wait needs its own. */
export function keepOwn(record: OutRecord): OutRecord {
  record.value &&= Buffer.from(record.value)
  record.headers &&= Object.fromEntries(
    Object.entries(record.headers).map(([name, value]) => [name, Buffer.from(value)]),
  )
  return record
}
