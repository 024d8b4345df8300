import { createHash } from 'node:crypto'
import { deflateRawSync } from 'node:zlib'
import type { ChartSpec } from '../charts/spec.ts'
import { html, type Markup, trusted } from './markup.ts'
import { chartLibraries, pageScript } from './script.ts'
import { style } from './style.ts'

export interface Page {
  title: string
  /** "kbench report". */
  brand: string
  heading: string
  /** When, how long, which run. */
  meta: string
  nav: readonly NavLink[]
  main: Markup
  footer: Markup
  charts: readonly ChartSpec[]
  /** Asked for its next state every so many ms; absent = the page stands still. */
  live?: { everyMs: number }
}

export interface NavLink {
  id: string
  text: string
}

/**
 * A page that works offline. Its content policy forbids every request and every script and style but its own, by their
 * hashes, so that no text of a result can run or load anything. A live page may ask the server that it came from.
 */
export function documentOf(page: Page): string {
  const scripts = page.charts.length === 0 && !page.live ? [] : [chartLibraries(), pageScript()]
  const policy = [
    "default-src 'none'",
    `style-src ${hashOf(style)}`,
    ...(scripts.length > 0 ? [`script-src ${scripts.map(hashOf).join(' ')}`] : []),
    'img-src data:',
    ...(page.live ? ["connect-src 'self'"] : []),
    "base-uri 'none'",
    "form-action 'none'",
  ]
  return html`<!doctype html>
<html lang="en"${page.live && html` data-live="${page.live.everyMs}"`}>
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${trusted(policy.join('; '))}">
<title>${page.title}</title>
<style>${trusted(style)}</style>
</head>
<body>
<a class="skip" href="#main">Skip to the content</a>
<header class="masthead">
<div class="brand">${page.brand}</div>
<h1>${page.heading}</h1>
<p class="meta">${page.meta}</p>
</header>
<nav class="bar" aria-label="Sections"><ul>${page.nav.map(({ id, text }) => html`<li><a href="#${id}">${text}</a></li>`)}</ul></nav>
<main id="main" tabindex="-1">
${page.main}
</main>
<footer>${page.footer}</footer>
${scripts.length > 0 && html`<script type="text/plain" id="charts-data">${packed(page.charts)}</script>`}
${scripts.map((script) => html`<script>${trusted(script)}</script>`)}
</body>
</html>
`.markup
}

/** As a source in a content policy. */
export const hashOf = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`

/** JSON, deflated, as base64: the page unpacks it by DecompressionStream. */
const packed = (value: unknown): Markup => trusted(deflateRawSync(JSON.stringify(value)).toString('base64'))

/** A section that is always open. */
export const section = (id: string, heading: string, body: Markup): Markup =>
  html`<section aria-labelledby="${id}"><h2 id="${id}">${heading}</h2>${body}</section>`

/** A section that is folded away until somebody opens it, or follows a link into it. */
export const fold = (id: string, heading: string, body: Markup, note = ''): Markup =>
  html`<details class="fold"><summary><h2 id="${id}">${heading}</h2>${note !== '' && html`<span class="count">${note}</span>`}</summary><div class="folded">${body}</div></details>`
