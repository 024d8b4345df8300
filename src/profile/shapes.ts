import { z } from 'zod'
import { KbenchError } from '../base/errors.ts'
import type { CompiledShape, Shape, ShapeContext } from '../contracts/shapes.ts'
import bursts from '../shapes/bursts.ts'
import constant from '../shapes/constant.ts'
import max from '../shapes/max.ts'
import poisson from '../shapes/poisson.ts'
import replay from '../shapes/replay.ts'
import sine from '../shapes/sine.ts'
import stages from '../shapes/stages.ts'
import steps from '../shapes/steps.ts'

/** Shapes of load.rate that stand under their name: `rate: { sine: {…} }`. A test holds it against the folder; profiles are read without waiting. */
const named = { stages, steps, sine, bursts, poisson, replay }
/** Every file of src/shapes. */
export const shapes = { constant, max, ...named }

type Named = typeof named
type ShapeName = keyof Named
type Output<S> = S extends Shape<infer O, unknown> ? O : never
type Input<S> = S extends Shape<infer _, infer I> ? I : never

/** load.rate as it is worked with: records/s, as fast as possible, or a shape by its name. */
export type Rate = number | 'max' | { [N in ShapeName]: { [K in N]: Output<Named[N]> } }[ShapeName]
/** load.rate as it is written. */
export type WrittenRate = number | string | { [N in ShapeName]: { [K in N]: Input<Named[N]> } }[ShapeName]

const rateHelp =
  'expected records per second, like 5000, bytes per second, like 40MB/s, max, or a shape, like { stages: … } (docs/shapes.md)'

const shapeSchemas = Object.entries(named).map(([name, shape]) => schemaOf(name, shape as unknown as Shape<unknown>))

function schemaOf(name: string, { summary, options }: Shape<unknown>): z.ZodType {
  return z.strictObject({ [name]: options.describe(`${summary[0]!.toUpperCase()}${summary.slice(1)}`) })
}

/** What a user writes as load.rate; bytes per second are still in it. */
const alternatives: [z.ZodType, ...z.ZodType[]] = [constant.options, max.options, ...shapeSchemas]
export const writtenRate = z.union(alternatives, rateHelp) as unknown as z.ZodType<Rate | string, WrittenRate>

/** A shape from outside of kbench (`--plugin`): from now on profiles can name it. zod reads the alternatives of a union whenever it parses. */
export function addShape(name: string, shape: Shape<unknown>): void {
  if (Object.hasOwn(named, name)) return
  Object.assign(named, { [name]: shape })
  alternatives.push(schemaOf(name, shape))
}

/** The one shape that a rate stands for, compiled. */
export function compileRate(rate: Rate | string, context: ShapeContext): CompiledShape {
  const { shape, options } = shapeOf(rate)
  return shape.compile(options, context)
}

/** Bytes per second as records per second; Infinity where records have no bytes, which check-load.ts refuses. */
export function inRecords(rate: Rate | string, meanRecordBytes: number): Rate {
  if (typeof rate !== 'string' || rate === 'max') return rate as Rate
  return compileRate(rate, { measureNs: 1, meanRecordBytes }).segments![0]!.perSec[0]
}

/** A shape with its options, whatever their type: they were parsed with its own schema. `path`: of the options, from load.rate. */
export function shapeOf(rate: Rate | string): { shape: Shape<unknown>; options: unknown; path: readonly string[] } {
  if (rate === 'max') return { shape: max as Shape<unknown>, options: rate, path: [] }
  if (typeof rate !== 'object') return { shape: constant as unknown as Shape<unknown>, options: rate, path: [] }
  const [[name, options]] = Object.entries(rate) as [[ShapeName, unknown]]
  return { shape: named[name] as unknown as Shape<unknown>, options, path: [name] }
}

export const isMax = (rate: Rate): rate is 'max' => rate === 'max'
export const isShape = (rate: Rate): rate is Exclude<Rate, number | 'max'> => typeof rate === 'object'

/** False = a replay whose file nothing could read: it has no schedule. */
export const isReadable = (rate: Rate): boolean =>
  !isShape(rate) || !('replay' in rate) || rate.replay.seconds.length > 0

/** "5000 records/s", "as many records/s as possible", "stages". */
export function rateText(rate: Rate): string {
  if (isMax(rate)) return 'as fast as possible'
  return isShape(rate) ? `in the shape ${Object.keys(rate)[0]}` : `${rate} records/s`
}

/** For what knows constant rates and max only. Throws `profile` for a shape. */
export function plainRate(rate: Rate): number | 'max' {
  if (!isShape(rate)) return rate
  throw new KbenchError('profile', `load.rate: expected a number or max here, not the shape ${Object.keys(rate)[0]}`)
}
