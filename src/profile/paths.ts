import { z } from 'zod'
import { profileSchema } from './schema.ts'

/** Keys and array indices from the root of a profile to a value. */
export type Path = readonly (string | number)[]

export type JsonSchema = z.core.JSONSchema.BaseSchema

let generated: JsonSchema | undefined

/** The JSON Schema of what a user writes, generated from the zod definition: for editors, paths, suggestions and the docs. */
export function profileJsonSchema(): JsonSchema {
  generated ??= {
    ...z.toJSONSchema(profileSchema, {
      io: 'input',
      override: ({ jsonSchema }) => {
        // zod states the limits of a double; they only make the editor's hints long.
        if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum
        if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum
        if (jsonSchema.propertyNames !== undefined) delete jsonSchema.propertyNames
      },
    }),
    title: 'kbench profile',
  }
  return generated
}

/** The alternatives of a union, however deep; a schema that is none is its own. */
export function alternatives(schema: JsonSchema): JsonSchema[] {
  return schema.anyOf ? schema.anyOf.flatMap(alternatives) : [schema]
}

/** What a map of free keys (topic.config, clientConfig) holds; undefined for anything else. */
export function freeValues(schema: JsonSchema): JsonSchema | undefined {
  return typeof schema.additionalProperties === 'object' ? schema.additionalProperties : undefined
}

/** Every schema that a value at this path may follow; empty = there is no such path. */
export function schemasAt(path: Path): JsonSchema[] {
  return path.reduce<JsonSchema[]>(
    (schemas, segment) => schemas.flatMap(alternatives).flatMap((schema) => child(schema, segment)),
    [profileJsonSchema()],
  )
}

/** The keys that may stand at a path, all alternatives together. */
export function keysAt(path: Path): string[] {
  const maps = schemasAt(path).flatMap(alternatives)
  return [...new Set(maps.flatMap((schema) => Object.keys(schema.properties ?? {})))]
}

/** The fixed texts that may stand at a path ("all", "murmur2"). */
export function wordsAt(path: Path): string[] {
  const words = schemasAt(path)
    .flatMap(alternatives)
    .flatMap((schema) => schema.enum ?? (schema.const === undefined ? [] : [schema.const]))
  return words.filter((word) => typeof word === 'string')
}

/** "consumers.0.members" as one reads it: the inverse of {@link resolvePath}. */
export function pathText(path: Path): string {
  return path.join('.')
}

/** Whether the value at `prefix` holds the one at `path`; a path holds itself. */
export function isPrefix(prefix: Path, path: Path): boolean {
  return prefix.length <= path.length && prefix.every((segment, index) => segment === path[index])
}

/** The path that a text means, following the schema (a Kafka key may hold dots), or the first segment that is unknown. */
export function resolvePath(
  text: string,
): { path: Path } | { unknown: string; parent: Path; keys: string[] } | { index: string; parent: Path } {
  const segments = text.split('.')
  const path: (string | number)[] = []
  while (segments.length > 0) {
    const here = schemasAt(path).flatMap(alternatives)
    const free = here.map(freeValues).find((values) => values !== undefined)
    // The last level of free keys takes all that is left: topic.config.min.insync.replicas.
    const whole = free !== undefined && !alternatives(free).every((schema) => schema.type === 'object')
    const segment = whole ? segments.splice(0).join('.') : segments.shift()!
    const list = here.some((schema) => schema.type === 'array')
    if (list && !/^\d{1,6}$/.test(segment) && keysAt(path).length === 0) return { index: segment, parent: path }
    const next = list && /^\d{1,6}$/.test(segment) ? Number(segment) : segment
    if (segment === '' || segment === '__proto__' || schemasAt([...path, next]).length === 0) {
      return { unknown: segment, parent: path, keys: keysAt(path) }
    }
    path.push(next)
  }
  return { path }
}

function child(schema: JsonSchema, segment: string | number): JsonSchema[] {
  if (typeof segment === 'number') {
    const item = schema.prefixItems ? schema.prefixItems[segment] : schema.items
    return typeof item === 'object' && !Array.isArray(item) ? [item] : []
  }
  const properties = schema.properties ?? {}
  const value = Object.hasOwn(properties, segment) ? properties[segment] : freeValues(schema)
  return typeof value === 'object' ? [value] : []
}
