import { createSchedule, type Schedule } from '../../src/load/schedule.ts'

/** Whole ns that a double holds: 104 days. */
export const longestNs = 9e15

/** The schedule of a constant rate, for as long as a schedule can be. */
export const constantRate = (perSec: number): Schedule =>
  createSchedule({
    segments: [{ fromNs: 0, toNs: longestNs, perSec: [perSec, perSec] }],
    count: null,
    poisson: false,
    seed: 1,
  })
