import { KbenchError } from '../../base/errors.ts'
import { driverSettings } from '../../omb/driver-settings.ts'
import { profileOf } from '../../omb/to-profile.ts'
import { type DriverConfig, driverSchema, readOmb, type Workload, workloadSchema } from '../../omb/workload.ts'
import { parseProfile } from '../../profile/parse.ts'
import { readStoredText, smallBytesAtMost } from '../../store/stored-text.ts'
import { shownLine } from '../text/shown-line.ts'

export interface ConvertedFile {
  /** The profile, which is valid. */
  text: string
  /** What to say once it is written to this file, a line each. */
  message(file: string): string
}

/** A profile from the files of `--from-omb`. Throws `usage` for what cannot be read, and for what kbench lacks. */
export async function convertOmb(files: readonly string[], name: string): Promise<ConvertedFile> {
  const [workloadFile = '', driverFile, ...more] = files
  if (more.length > 0) {
    throw new KbenchError('usage', '--from-omb takes a workload, and a driver file', {
      hint: 'one profile each: kbench init my.yaml --from-omb workload.yaml kafka.yaml',
    })
  }
  const workload = readOmb<Workload>(await textOf(workloadFile, null), workloadFile, workloadSchema)
  const driver =
    driverFile === undefined
      ? null
      : driverSettings(
          readOmb<DriverConfig>(await textOf(driverFile, workloadFile), driverFile, driverSchema),
          driverFile,
        )
  const { text, dropped, isSearch } = profileOf(workload, driver, name)
  // A value that is right there and not here: the error names the key of the profile, which has the name of the file's key beside it.
  parseProfile(text, { file: `the profile from ${workloadFile}`, sets: [], env: {} })
  return {
    text,
    message: (file) =>
      [
        `wrote ${file}; not carried over, ${dropped.length} ${dropped.length === 1 ? 'thing' : 'things'} (docs/omb.md):`,
        ...dropped.map((line) => `  ${line}`),
        `check it with "kbench validate ${file}", ${isSearch ? `search its rate with "kbench find-max ${file}"` : `run it with "kbench run ${file}"`}`,
      ]
        .map(shownLine)
        .join(''),
  }
}

async function textOf(file: string, workload: string | null): Promise<string> {
  try {
    return await readStoredText(file, smallBytesAtMost)
  } catch (cause) {
    const hint =
      workload === null ? undefined : `the file to write comes first: kbench init ${file} --from-omb ${workload}`
    throw new KbenchError('usage', `cannot read ${file}`, { cause, ...(hint === undefined ? {} : { hint }) })
  }
}
