import { existsSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'

const isRun = (folder: string): boolean =>
  ['result.json', 'journal.ndjson'].some((file) => existsSync(join(folder, file)))

/** What was named, a folder that is no run but holds some being taken as those runs, in the order of their names. */
export function runsIn(named: readonly string[]): string[] {
  return named.flatMap((path) => {
    if (!existsSync(path) || !statSync(path).isDirectory() || isRun(path)) return [path]
    const runs = readdirSync(path)
      .sort()
      .map((name) => join(path, name))
      .filter((folder) => statSync(folder).isDirectory() && isRun(folder))
    return runs.length > 0 ? runs : [path]
  })
}

/** The run of a folder that began last: their ids begin with the time. Null where there is none. */
export function newestRun(results: string): string | null {
  if (!existsSync(results)) return null
  return runsIn([results]).findLast((run) => run !== results) ?? null
}
