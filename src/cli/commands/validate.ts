import type { Command } from 'commander'
import type { ParsedProfile, Problem } from '../../profile/parse.ts'
import { shownLine } from '../text/shown-line.ts'
import { addExamples } from './help-text.ts'
import { addProfileOptions, type ProfileOptions, setsOf } from './set-option.ts'

interface ValidateOptions extends ProfileOptions {
  explain?: true
  json?: true
}

type Checked = (ParsedProfile & { file: string }) | { file: string; problems: Problem[] }

/** Mounts `kbench validate`: checks profiles without starting anything. */
export function registerValidate(program: Command): void {
  const command = program
    .command('validate')
    .description('check profiles and list everything that is wrong with them')
    .argument('<profile...>', 'files, or names of profiles that come with kbench (kbench list profiles)')
  addProfileOptions(command)
    .option('--explain', 'print every value and where it comes from')
    .option('--json', 'print the result as JSON')
  addExamples(
    command,
    ['kbench validate my.yaml', 'kbench validate --explain my.yaml --rate 2000', 'kbench validate profiles/*.yaml'],
    'Nothing is started. Exit code 2 if a profile is not valid.',
  )
  command.action(validate)
}

async function validate(files: string[], options: ValidateOptions): Promise<void> {
  const { tryLoadProfile } = await import('../actions/load-profile.ts')
  const checked: Checked[] = []
  const sets = await setsOf(options)
  for (const file of files) checked.push(await tryLoadProfile(file, sets, process.env))

  if (options.json) process.stdout.write(`${JSON.stringify(checked.map(asJson), null, 2)}\n`)
  for (const result of checked) {
    if ('problems' in result) continue
    if (!options.json) process.stdout.write(`${result.file}: ok\n`)
    for (const note of result.notes) process.stderr.write(shownLine(`${result.file}: note: ${note}`))
    if (options.explain && !options.json) process.stdout.write(shownLine(await explanation(result)))
  }
  const failed = checked.filter((result) => 'problems' in result)
  if (failed.length > 0) throw await failure(failed, checked.length)
}

async function failure(failed: readonly { file: string; problems: Problem[] }[], total: number): Promise<Error> {
  const { profileError } = await import('../../profile/parse.ts')
  const problems = failed.flatMap((result) => result.problems)
  return profileError(total === 1 ? `${failed[0]!.file} is` : `${failed.length} of ${total} profiles are`, problems)
}

/** A table: path, value, origin. */
async function explanation({ profile, origins }: ParsedProfile): Promise<string> {
  const { originText, valuesOf } = await import('../../profile/origins.ts')
  const { pathText } = await import('../../profile/paths.ts')
  const { valueText } = await import('../../profile/text.ts')
  const rows = valuesOf(profile).map(({ path, value }) => {
    const text = pathText(path)
    return [text, valueText(path, value), originText(origins.get(text) ?? { kind: 'default' })] as const
  })
  const width = (column: 0 | 1) => Math.max(...rows.map((row) => row[column].length))
  const [first, second] = [width(0), Math.min(width(1), 24)]
  return rows.map(([path, value, origin]) => `${path.padEnd(first)}  ${value.padEnd(second)}  ${origin}`).join('\n')
}

function asJson(result: Checked): Record<string, unknown> {
  const { file } = result
  if ('problems' in result) return { file, ok: false, errors: result.problems }
  const { profile, origins, notes } = result
  return { file, ok: true, errors: [], notes, profile, origins: Object.fromEntries(origins) }
}
