/** Markup that is safe to put into a page as it is. */
export class Markup {
  readonly markup: string
  constructor(markup: string) {
    this.markup = markup
  }
}

type Value = Markup | string | number | null | undefined | false | readonly Markup[]

/** Template for markup: every value is escaped unless it is markup itself; null, undefined and false vanish. */
export function html(parts: TemplateStringsArray, ...values: Value[]): Markup {
  return new Markup(parts.reduce((text, part, at) => text + inserted(values[at - 1]) + part))
}

/** For text that is known to be markup, style or script; never for anything out of a result. */
export const trusted = (text: string): Markup => new Markup(text)

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
  if (value instanceof Markup) return value.markup
  // By its class, not by its fields: a result may hold any field.
  return Array.isArray(value) ? value.map(inserted).join('') : escapeText(String(value))
}
