import { KbenchError, messageOf } from '../base/errors.ts'
import { finding } from '../contracts/findings.ts'
import { definitions, type RunResult } from '../contracts/result.ts'
import { assemble } from '../judge/assemble.ts'
import { emptyVariant } from '../judge/empty-variant.ts'
import type { RunSums, VariantSums } from '../judge/run-sums.ts'
import type { Sums } from '../recording/sums.ts'
import { resultOf } from '../search/assemble-search.ts'
import { issueText } from './field-schemas.ts'
import { readJournal } from './journal.ts'
import { hasRecordings, readRecording, type StoredRecording } from './recordings.ts'
import { resultSchema } from './result-schema.ts'

export interface Rebuilt {
  result: RunResult
  /** What could not be used, a line each. */
  problems: string[]
  sums: RunSums
}

/** Its result is in the journal, and its numbers are not what today's definitions make of its recording. */
export const isStale = ({ variant, definitions: number }: VariantSums): boolean =>
  variant !== null && number !== definitions

/**
 * The result of a run from its journal and recordings. A variant whose result is in the journal under today's definitions is taken from
 * there; all others are assembled from their recordings. `all`: every variant is. Throws `usage` where there is no journal of a run, or
 * nothing that a result can be made from.
 */
export async function rebuildRun(directory: string, all = false): Promise<Rebuilt> {
  const { sums, last, problems } = await readJournal(directory)
  const isOld = sums.planned === null && last.findMax === undefined
  if (isOld || (all && !(await hasRecordings(directory)))) {
    throw new KbenchError('usage', `${directory}: nothing to rebuild a result from: there are no recordings`, {
      ...(isOld ? { hint: 'kbench 0.1 kept none: kbench run --resume goes on with such a run' } : {}),
    })
  }
  problems.push(...(await reassemble(directory, sums, (known) => all || known.variant === null || isStale(known))))
  return { result: checked(directory, sums), problems, sums }
}

/**
 * Assembles variants from their recordings into the sums. A result that is there is replaced only by that of a whole recording; of a variant
 * that has none, what is there of the recording is used. Returns what could not be used, a line each. Never throws for what is in a file.
 */
export async function reassemble(
  directory: string,
  sums: RunSums,
  which: (known: VariantSums) => boolean,
): Promise<string[]> {
  const problems: string[] = []
  for (const [id, known] of [...sums.variants]) {
    if (!which(known)) continue
    const isOpen = known.variant === null
    const { stored, problem } = await recordingOf(directory, sums, id, known)
    if (problem !== null) {
      const kept = isOpen ? '' : `; ${id} stays as definitions ${known.definitions} have it`
      problems.push(`${problem}${kept}`)
      // Numbers that are not whole, or not like the others, are for every reader of the result to know.
      if (isOpen || isStale(known)) sums.add({ type: 'note', text: `${problem}${kept}` })
    }
    const isGood = stored !== null && (isOpen || (stored.problem === null && stored.sums.overNs !== null))
    const added = isGood && addAssembled(sums, id, known, stored, problems)
    if (isOpen && !added) addNothing(sums, id, known)
  }
  return problems
}

async function recordingOf(
  directory: string,
  { sessions }: RunSums,
  id: string,
  { recording, variant }: VariantSums,
): Promise<{ stored: StoredRecording | null; problem: string | null }> {
  const isMeasured = variant !== null && variant.phases.length > 0
  if (recording === null) return { stored: null, problem: isMeasured ? 'there is no recording' : null }
  try {
    const expected = { runId: sessions[0]!.begun.runId, variant: id }
    const stored = await readRecording(directory, recording, expected)
    if (stored === null) {
      // The first lines of a variant that was just beginning may not have come to the disk.
      return { stored, problem: isMeasured ? `recordings/${recording}.ndjson is missing` : null }
    }
    // What threw has no whole recording, and is what the journal says.
    const isCut = isMeasured && stored.sums.overNs === null
    const cut = isCut ? `recordings/${recording}.ndjson does not go up to the variant's end` : null
    return { stored, problem: stored.problem === null ? cut : `${stored.problem}; what follows is not used` }
  } catch (error) {
    return { stored: null, problem: oneLine(messageOf(error)) }
  }
}

function addAssembled(
  sums: RunSums,
  id: string,
  known: VariantSums,
  stored: StoredRecording,
  problems: string[],
): boolean {
  try {
    const { variant, thresholds } = assemble(stored.plan, stored.sums)
    sums.add({
      type: 'variant',
      id,
      status: variant.status,
      session: known.session,
      at: heardUntil(sums, known, stored.sums),
      recording: known.recording,
      definitions,
      ...(known.isWhole ? { result: variant } : { partial: variant }),
      thresholds,
    })
    return true
  } catch (error) {
    // Facts that are well-formed, one by one, and together make no sense.
    problems.push(`recordings/${known.recording}.ndjson makes no result: ${oneLine(messageOf(error))}`)
    return false
  }
}

/** The last that is known of the session: of one that was killed, the last fact of its open variant. */
function heardUntil({ sessions }: RunSums, { variant, session }: VariantSums, { wallMs, startNs, lastFactNs }: Sums) {
  const { lastAt } = sessions.at(-1)!
  if (variant !== null || session !== sessions.length || wallMs === null) return lastAt
  const ms = wallMs + (lastFactNs! - startNs!) / 1e6
  return ms > Date.parse(lastAt) && ms < 8e15 ? new Date(ms).toISOString() : lastAt
}

/** Of a variant that was begun and left nothing. */
function addNothing(sums: RunSums, id: string, known: VariantSums): void {
  const ref = sums.planned?.find((each) => each.id === id)
  if (!ref) return
  const partial = emptyVariant(ref, 'interrupted', [finding('interrupted', { atS: null })])
  const { lastAt: at } = sums.sessions.at(-1)!
  const { session, recording } = known
  sums.add({ type: 'variant', id, status: 'interrupted', session, at, recording, definitions, partial })
}

function checked(directory: string, sums: RunSums): RunResult {
  try {
    const result = resultOf(sums)
    // As a reader of the file will see it.
    const parsed = resultSchema.safeParse(JSON.parse(JSON.stringify(result)))
    if (parsed.success) return result
    throw new KbenchError('usage', issueText(parsed.error))
  } catch (error) {
    throw new KbenchError('usage', `${directory}: journal.ndjson makes no result: ${oneLine(messageOf(error))}`, {
      cause: error,
    })
  }
}

const oneLine = (text: string): string => text.replace(/\s+/g, ' ').slice(0, 500)
