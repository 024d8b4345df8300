import { KbenchError } from '../../base/errors.ts'
import type { Network } from '../../contracts/api.ts'
import { alterConfigs, describeConfigs, type Subject, subjectName } from '../../operations/configs.ts'
import { configsOf } from '../commands/option-values.ts'
import { print, tableText } from '../text/print-table.ts'

export interface ConfigOptions {
  json?: true
  all?: true
  addConfig?: string[]
  deleteConfig?: string[]
}

export async function describe(network: Network, subject: Subject, options: ConfigOptions): Promise<void> {
  const configs = await describeConfigs(network, subject, options.all === true)
  print(options.json, configs, () => {
    if (configs.length === 0) return `${subjectName(subject)}: nothing was set (--all shows defaults)\n`
    return tableText(
      [
        { head: 'NAME', text: ({ name }) => name },
        { head: 'VALUE', text: ({ value }) => value ?? '(secret)' },
        { head: 'SOURCE', text: ({ source }) => source },
        { head: 'CAN CHANGE', text: ({ readOnly }) => (readOnly ? 'no' : 'yes') },
      ],
      configs,
    )
  })
}

export async function alter(network: Network, subject: Subject, options: ConfigOptions): Promise<void> {
  const values = configsOf(options.addConfig, options.deleteConfig)
  if (Object.keys(values).length === 0) {
    throw new KbenchError('usage', 'nothing to change', { hint: '--add-config name=value, or --delete-config name' })
  }
  await alterConfigs(network, subject, values)
  print(options.json, { changed: values }, () => {
    const words = Object.entries(values).map(([name, value]) =>
      value === null ? `without ${name}` : `${name}=${value}`,
    )
    return `${subjectName(subject)}: ${words.join(', ')}\n`
  })
}
