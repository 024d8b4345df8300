import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { basename, dirname, extname, join, relative, resolve, sep } from 'node:path'
import type { Command } from 'commander'
import { KbenchError, messageOf } from '../../base/errors.ts'
import { packageRoot } from '../../base/root.ts'
import { writeWhole } from '../../store/whole-file.ts'
import { starterProfile } from '../actions/starter-profile.ts'
import { addExamples } from './help-text.ts'
import { addOldName } from './old-name.ts'

interface InitOptions {
  from?: string
  fromOmb?: string[]
  force?: true
}

/** Mounts `kbench init`: writes a profile to start from. It never asks anything. */
export function registerInit(program: Command): void {
  const command = program
    .command('init')
    .description('write a commented profile to start from')
    .argument('[file]', 'file to write', 'kbench.yaml')
    .option('--from <profile>', 'copy a profile that comes with kbench (kbench list profiles)')
    .option('--from-omb <files...>', 'convert a workload of OpenMessaging Benchmark, and its Kafka driver file')
    .option('--force', 'overwrite the file if it exists')
    .action(init)
  addOldName(command, '--preset <profile>', 'from')
  addExamples(command, [
    'kbench init',
    'kbench init my.yaml --from 3broker-acks-all',
    'kbench init my.yaml --from-omb workload.yaml kafka.yaml',
  ])
}

async function init(file: string, options: InitOptions): Promise<void> {
  const { from, fromOmb } = options
  if (fromOmb !== undefined) {
    if (from !== undefined) throw new KbenchError('usage', '--from and --from-omb: give one of them')
    const { convertOmb } = await import('../actions/convert-omb.ts')
    const converted = await convertOmb(fromOmb, nameOf(file))
    await write(file, personal(converted.text, file), options.force === true)
    process.stdout.write(`${file}\n`)
    process.stderr.write(converted.message(file))
    return
  }
  const text = personal(from === undefined ? starterProfile : await shippedText(from), file)
  await write(file, text, options.force === true)
  if (from !== undefined) await copyNamed(text, dirname(file))
  process.stdout.write(`${file}\n`)
  process.stderr.write(`wrote ${file}; check it with "kbench validate ${file}", run it with "kbench run ${file}"\n`)
}

/** Files that a shipped profile names are beside it, and the copy needs them beside itself; one that is there stays. */
async function copyNamed(text: string, folder: string): Promise<void> {
  const [{ parse }, { embedFiles }] = await Promise.all([import('yaml'), import('../../profile/embed-files.ts')])
  const named: string[] = []
  embedFiles(parse(text), (name) => {
    named.push(name)
    return '0,1'
  })
  for (const name of named.map((path) => basename(path))) {
    const body = await readFile(join(packageRoot, 'profiles', name))
    const isNew = await writeFile(join(folder, name), body, { flag: 'wx' }).then(
      () => true,
      (error: NodeJS.ErrnoException) => {
        if (error.code !== 'EEXIST') throw error
        return false
      },
    )
    if (isNew) process.stderr.write(`wrote ${join(folder, name)}, which it names\n`)
  }
}

async function shippedText(name: string): Promise<string> {
  const { shippedProfiles } = await import('../actions/shipped.ts')
  const { suggestion } = await import('../../base/suggest.ts')
  const names = await shippedProfiles()
  const wanted = basename(name, '.yaml')
  if (!names.includes(wanted)) {
    throw new KbenchError('usage', `no profile "${name}" comes with kbench`, { hint: suggestion(wanted, names) })
  }
  return readFile(join(packageRoot, 'profiles', `${wanted}.yaml`), 'utf8')
}

/** As a profile may be called, after its file. */
const nameOf = (file: string): string =>
  basename(file, extname(file))
    .replace(/[^A-Za-z0-9._-]+/g, '-')
    .slice(0, 100)

/** The text under the new file's name, with the schema where this installation has it. */
function personal(text: string, file: string): string {
  const name = nameOf(file)
  const schema = relative(dirname(resolve(file)), join(packageRoot, 'schema', 'profile.schema.json'))
  // Without quotes YAML would read null, true and 1e3 as something else than text.
  const isPlain = /^[A-Za-z_][\w.-]*$/.test(name) && !/^(null|true|false)$/i.test(name)
  return text
    .replace(/^(# yaml-language-server: \$schema=).*$/m, (_, start: string) => start + schema.split(sep).join('/'))
    .replace(/^name: \S+/m, () => `name: ${isPlain ? name : JSON.stringify(name || 'mine')}`)
}

async function write(file: string, text: string, force: boolean): Promise<void> {
  try {
    await mkdir(dirname(file), { recursive: true })
    if (force) await writeWhole(file, text)
    else await writeFile(file, text, { flag: 'wx' })
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'EEXIST') {
      const hint = 'choose another name, or overwrite it with --force'
      throw new KbenchError('usage', `${file} exists already, nothing was written`, { hint, cause: error })
    }
    const hint = 'choose a file in a folder that you may write to'
    throw new KbenchError('usage', `cannot write ${file}: ${messageOf(error)}`, { hint, cause: error })
  }
}
