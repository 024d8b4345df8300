/** Markup that is safe to put into a page as it is. */
export interface Markup {
  markup: string
}

type Value = Markup | string | number | null | undefined | false | readonly Markup[]

/** Template for markup: every value is escaped unless it is markup itself; null, undefined and false vanish. */
export function html(parts: TemplateStringsArray, ...values: Value[]): Markup {
  return { markup: parts.reduce((text, part, at) => text + inserted(values[at - 1]) + part) }
}

/** For text that is known to be markup, style or script; never for anything out of a result. */
export const trusted = (text: string): Markup => ({ markup: text })

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

/** Also drops control characters, which a page cannot show. */
export function escapeText(text: string): string {
  return text
    .replace(/[&<>"']/g, (letter) => entities[letter]!)
    .replace(/\p{Cc}/gu, (c) => (c === '\n' || c === '\t' ? c : ''))
}

function inserted(value: Value): string {
  if (value === null || value === undefined || value === false) return ''
  if (typeof value === 'string' || typeof value === 'number') return escapeText(String(value))
  if ('markup' in value) return value.markup
  return value.map((one) => one.markup).join('')
}
