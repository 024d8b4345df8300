export type Tone = 'good' | 'warn' | 'bad'

export const toneColours = { good: 'green', warn: 'yellow', bad: 'red' } as const

/** One sentence the reader must not miss; `about` is the variant's label, null = the whole run. */
export interface Finding {
  tone: Tone
  about: string | null
  text: string
}

export const worstTone = (tones: readonly Tone[]): Tone =>
  tones.includes('bad') ? 'bad' : tones.includes('warn') ? 'warn' : 'good'
