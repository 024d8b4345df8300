import type { z } from 'zod'
import { marked } from './kinds.ts'

// A rate shape: how the load of a variant goes over time. Time zero is the start of the measure phase.

/** The rate goes from perSec[0] to perSec[1], records/s over all producers, in a straight line; whole ns from time zero. */
export interface ShapeSegment {
  fromNs: number
  toNs: number
  perSec: readonly [number, number]
}

export interface CompiledShape {
  /** Ascending from 0 without gaps; they may end before or after the measurement. null = as fast as the client takes records. */
  segments: readonly ShapeSegment[] | null
  /** How long the shape is, or one pass of it; null = it has no end of its own. What is longer than the measurement is cut. */
  lengthNs: number | null
  /** Records come at random, with the segments' rates on average (a Poisson process). */
  poisson?: boolean
}

export interface ShapeContext {
  measureNs: number
  /** Mean bytes of key and value. */
  meanRecordBytes: number
}

/** What is wrong with options that each have the right form; `path` within them. */
export interface ShapeProblem {
  path: readonly (string | number)[]
  message: string
}

/** `rate: { <name of the file>: <options> }` in a profile; of the shapes `constant` and `max` the options alone. */
export interface Shape<O, I = unknown> {
  summary: string
  options: z.ZodType<O, I>
  /** Absent = nothing can be wrong. {@link compile} is called only for options without problems. Pure. */
  problems?(options: O, context: ShapeContext): ShapeProblem[]
  /** Pure. */
  compile(options: O, context: ShapeContext): CompiledShape
}

/** Infers the type of a shape's options; each file in src/shapes has one as its default export. */
export const defineShape = <O, I>(shape: Shape<O, I>): Shape<O, I> => marked('shapes', shape)
