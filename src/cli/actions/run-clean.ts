import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { KbenchError } from '../../base/errors.ts'
import type { Network } from '../../contracts/api.ts'
import { cleanCluster, type KnownRun, type Leftovers } from '../../operations/clean.ts'
import { readJournal } from '../../store/journal.ts'
import { shownLine } from '../text/shown-line.ts'
import { stillRuns } from './resume.ts'

export interface CleanOptions {
  json?: true
  execute?: true
  prefix: string[]
  /** Run ids. */
  run: string[]
  results: string
}

/** What a run that was killed in the midst of a fault `command` may have left undone. */
interface Unhealed {
  runId: string
  heal: string[]
}

interface JournalRun extends KnownRun {
  unhealed: Unhealed[]
}

/** What killed runs have left on a cluster that is not kbench's: shows it, and removes it with `--execute`. */
export async function cleanNetwork(
  network: Network,
  { json, prefix, run, results, ...options }: CleanOptions,
): Promise<void> {
  const execute = options.execute === true
  const runs = await runsIn(results)
  const prefixes = prefix.length > 0 ? prefix : [network.prefix ?? 'kbench-']
  const { found, silent } = await cleanCluster(network, { prefixes, runs, only: run, execute })
  const unhealed = runs.filter(({ isAlive }) => !isAlive).flatMap((run) => run.unhealed)
  if (json) process.stdout.write(`${JSON.stringify({ executed: execute, runs: found, silent, unhealed }, null, 2)}\n`)
  else print(found, execute)
  for (const { runId, heal } of unhealed) {
    warn(`${runId} did not end, and its fault may not be undone. Its heal command: ${JSON.stringify(heal)}`)
  }
  if (silent.length > 0) warn(`brokers ${silent.join(', ')} do not answer: groups there are not known`)
  const problems = found.flatMap((each) => each.problems)
  if (problems.length === 0) return
  throw new KbenchError('environment', 'not everything could be removed', {
    details: problems,
    hint: 'Delete on these topics and groups is needed',
  })
}

const warn = (line: string): void => void process.stderr.write(shownLine(`kbench: ${line}`))

function print(found: readonly Leftovers[], execute: boolean): void {
  const removable = found.filter(({ inUse }) => inUse === null)
  for (const { topics, groups, problems } of removable) {
    const verb = execute ? 'removed' : 'would remove'
    for (const [kind, names] of [['topic', topics] as const, ['group', groups] as const]) {
      const done = names.filter((name) => !problems.some((problem) => problem.startsWith(`${kind} ${name}: `)))
      process.stdout.write(done.map((name) => shownLine(`${verb} ${kind} ${name}`)).join(''))
    }
  }
  for (const { runId, inUse, topics, groups } of found) {
    if (inUse !== null) warn(`${runId} is left alone: ${inUse} (skipped: ${[...topics, ...groups].join(', ')})`)
  }
  if (found.length === 0) process.stderr.write('nothing to clean\n')
  else if (found.some(({ inUse }) => inUse !== null))
    process.stderr.write('--run <run id> removes what was skipped of a run that is over\n')
  if (!execute && removable.length > 0) process.stderr.write('nothing was removed: --execute does it\n')
}

/** Of the results folder, newest last; a folder without a journal that can be read says nothing. */
async function runsIn(results: string): Promise<JournalRun[]> {
  const names = await readdir(results).catch(() => [])
  const runs = await Promise.all(
    names.sort().map(async (name): Promise<JournalRun[]> => {
      const journal = await readJournal(join(results, name)).catch(() => null)
      if (journal === null) return []
      const { last, sums } = journal
      const { cluster, faults = [] } = last.profile as {
        cluster: { prefix?: string }
        faults?: { use: string; heal?: string[] }[]
      }
      const isOver = sums.sessions.at(-1)?.over !== null
      const heals = faults.flatMap(({ use, heal }) => (use === 'command' && Array.isArray(heal) ? [heal] : []))
      return [
        {
          ...{ runId: last.runId, prefix: cluster.prefix ?? 'kbench-' },
          isAlive: !isOver && stillRuns(last.supervisor),
          unhealed: isOver ? [] : heals.map((heal) => ({ runId: last.runId, heal })),
        },
      ]
    }),
  )
  return runs.flat()
}
