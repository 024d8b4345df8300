import type { FindingLevel } from '../contracts/findings.ts'

export type Tone = 'good' | 'note' | 'warn' | 'bad'

export const toneColours = { good: 'green', note: 'dim', warn: 'yellow', bad: 'red' } as const

/** One sentence the reader must not miss; `about` is the variant's label, null = the whole run. */
export interface Finding {
  tone: Tone
  about: string | null
  text: string
}

const byImportance = ['bad', 'warn', 'note', 'good'] as const satisfies readonly Tone[]

export const toneRank = (tone: Tone): number => byImportance.indexOf(tone)

/** A note does not make anything worse than good. */
export const worstTone = (tones: readonly Tone[]): Tone =>
  tones.includes('bad') ? 'bad' : tones.includes('warn') ? 'warn' : 'good'

export const levelTones: Readonly<Record<FindingLevel, Tone>> = {
  failed: 'bad',
  invalid: 'warn',
  interrupted: 'warn',
  warning: 'warn',
  info: 'note',
}
