import { dimensionsOf } from './matrix-dimensions.ts'
import type { Override, OverrideError } from './overrides.ts'
import { isPrefix, pathText } from './paths.ts'
import type { Profile } from './schema.ts'

/** Options of the command line without effect: the matrix sets these values in every variant. */
export function checkOverruled(profile: Profile, overrides: readonly Override[]): OverrideError[] {
  const { dimensions } = dimensionsOf(profile)
  return overrides
    .filter(({ kind }) => kind === 'flag')
    .flatMap(({ label, path }): OverrideError[] => {
      const by = dimensions.find(
        ({ values }) =>
          values.length > 0 && values.every(({ overrides: sets }) => sets.some((one) => isPrefix(one.path, path))),
      )
      if (!by) return []
      const key = `matrix.${by.key}`
      const instead = by.named ? 'matrix={}' : `${key}=[${valueText(by.values[0]!.name)}]`
      const message = `has no effect: ${key} sets ${pathText(path)} in every variant; --set '${instead}' changes the matrix`
      return [{ label, message }]
    })
}

const valueText = (value: string | number | boolean): string =>
  typeof value === 'string' ? JSON.stringify(value) : String(value)
