/** Text for an XML 1.0 document, content or attribute: markup escaped, what no XML may hold and what a terminal acts on (controls, halves of pairs) dropped. */
export function xmlText(text: string): string {
  return text
    .replace(/[^\t\n\r\u0020-\u007E\u00A0-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu, '')
    .replace(/[&<>"'\n\r\t]/g, (letter) => entities[letter]!)
}

// Line breaks as references: an attribute's would become spaces.
const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
  '\n': '&#10;',
  '\r': '&#13;',
  '\t': '&#9;',
}

export type Attributes = Readonly<Record<string, string | number | null>>

/** One element; attributes that are null are left out, `children` are markup. */
export function xmlElement(name: string, attributes: Attributes, children: readonly string[] = []): string {
  const words = Object.entries(attributes).flatMap(([key, value]) =>
    value === null ? [] : [` ${key}="${xmlText(String(value))}"`],
  )
  const open = `<${name}${words.join('')}`
  if (children.length === 0) return `${open}/>`
  return `${open}>\n${children.join('\n').replace(/^/gm, '  ')}\n</${name}>`
}
