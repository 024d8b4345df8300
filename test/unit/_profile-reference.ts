import { durationPattern, sizePattern } from '../../src/base/units.ts'
import { alternatives, type JsonSchema, profileJsonSchema } from '../../src/profile/paths.ts'

export interface ReferenceEntry {
  /** "consumers[].fetch.maxWait" */
  path: string
  value: string
  /** As written in a profile; "–" = none. */
  default: string
  meaning: string
}

/** Every key of the profile, in the schema's order, from the JSON Schema alone. */
export function profileReference(): ReferenceEntry[] {
  return entriesOf(profileJsonSchema(), '')
}

/** The table of docs/profiles.md. */
export function referenceTable(): string {
  const rows = profileReference().map(
    (entry) => `| \`${entry.path}\` | ${cell(entry.value)} | ${cell(entry.default)} | ${cell(entry.meaning)} |`,
  )
  return ['| key | value | default | meaning |', '| --- | --- | --- | --- |', ...rows].join('\n')
}

function entriesOf(schema: JsonSchema, prefix: string): ReferenceEntry[] {
  return alternatives(schema).flatMap((alternative) =>
    Object.entries(alternative.properties ?? {}).flatMap(([key, child]) => {
      if (typeof child !== 'object') return []
      const path = prefix === '' ? key : `${prefix}.${key}`
      const required = alternative.required?.includes(key) === true
      const entry = {
        path,
        value: kindOf(child),
        default: defaultOf(child, required),
        meaning: child.description ?? '',
      }
      const items = alternatives(child).flatMap(({ items: item }) =>
        typeof item === 'object' && !Array.isArray(item) ? entriesOf(item, `${path}[]`) : [],
      )
      return [entry, ...entriesOf(child, path), ...items]
    }),
  )
}

function defaultOf(schema: JsonSchema, required: boolean): string {
  if (required) return 'required'
  const value = schema.default
  if (value === undefined || (typeof value === 'object' && JSON.stringify(value).length === 2)) return '–'
  return `\`${Array.isArray(value) ? `[${value.join(', ')}]` : value}\``
}

function kindOf(schema: JsonSchema): string {
  const all = alternatives(schema)
  if (all.some(({ pattern }) => pattern === sizePattern.source)) {
    const others = all.filter(({ type, properties }) => type === 'object' && properties)
    return ['size', ...others.map((other) => `\`{ ${Object.keys(other.properties ?? {})[0]}: … }\``)].join(', ')
  }
  return all.map((one) => (all.length > 1 ? (onlyKey(one) ?? simple(one)) : simple(one))).join(', ')
}

/** One of several maps, told apart by its only required key. */
function onlyKey({ required }: JsonSchema): string | undefined {
  return required?.length === 1 ? `\`{ ${required[0]}: … }\`` : undefined
}

function simple(schema: JsonSchema): string {
  if (schema.enum) return schema.enum.map((word) => `\`${word}\``).join(', ')
  if (schema.const !== undefined) return `\`${schema.const}\``
  if (schema.pattern === durationPattern.source) return 'duration'
  if (schema.prefixItems) return `list of ${schema.prefixItems.length} sizes`
  if (schema.type === 'array') {
    const item = schema.items
    return typeof item === 'object' && !Array.isArray(item)
      ? `list of ${item.properties ? 'maps' : kindOf(item)}`
      : 'list'
  }
  if (schema.pattern?.endsWith('\\/s$')) return 'size per second'
  if (schema.type === 'object') return schema.properties ? 'map' : 'map of free keys'
  if (schema.type === 'boolean') return '`true`, `false`'
  const kind = schema.type === 'integer' ? 'whole number' : schema.type === 'string' ? 'text' : String(schema.type)
  return kind + range(schema)
}

function range({ minimum, maximum, exclusiveMinimum }: JsonSchema): string {
  const low = exclusiveMinimum === undefined ? minimum : `above ${exclusiveMinimum}`
  if (low === undefined && maximum === undefined) return ''
  if (maximum === undefined) return exclusiveMinimum === undefined ? `, ${low} or more` : `, ${low}`
  return `, ${low} to ${maximum}`
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|')
}
