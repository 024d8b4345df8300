/** "12.5", "1 234", "0.04": three significant digits below 100, whole above. */
export function plainNumber(value: number): string {
  if (!Number.isFinite(value)) return '∞'
  const rounded = Math.abs(value) >= 100 ? Math.round(value) : Number(value.toPrecision(3))
  const [whole, fraction] = String(rounded).split('.')
  return `${whole!.replace(/\B(?=(\d{3})+(?!\d))/g, ' ')}${fraction === undefined ? '' : `.${fraction}`}`
}

/** "$1 234". */
export const usd = (value: number): string => `$${plainNumber(Math.round(value))}`

/** "12 h", "45 min", "3.5 days". */
export function hoursText(hours: number): string {
  if (hours < 1) return `${plainNumber(hours * 60)} min`
  return hours < 72 ? `${plainNumber(hours)} h` : `${plainNumber(hours / 24)} days`
}

export const percentText = (share: number): string => `${plainNumber(share * 100)} %`

export const counted = (n: number, noun: string): string => `${plainNumber(n)} ${noun}${n === 1 ? '' : 's'}`
