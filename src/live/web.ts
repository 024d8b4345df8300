import { randomBytes, timingSafeEqual } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { RunResult } from '../contracts/result.ts'
import { runPage } from '../reports/page/run-page.ts'
import { listen } from './listen.ts'

/** Of a processor, for making the page: it is made so seldom that it costs no more. */
const share = 1 / 100
const everyMsAtLeast = 2000
const everyMsAtMost = 30_000

export interface LiveWeb extends AsyncDisposable {
  /** With its token. */
  url: string
}

/** The state of the run: what there is to show, in words what it does, and whether it is over. */
export interface LiveState {
  result: RunResult
  status: string
  isOver: boolean
}

/** The report page of the run so far, on a loopback address, for those who know its token. */
export async function serveWeb(port: number, state: () => LiveState | null): Promise<LiveWeb> {
  const token = randomBytes(18).toString('base64url')
  let made: { page: string; atMs: number } | null = null
  let everyMs = everyMsAtLeast
  let askedAtMs = Number.NEGATIVE_INFINITY
  let overShown = false
  const pageNow = (): string => {
    const nowMs = performance.now()
    const now = state()
    if (now === null) return starting(everyMsAtLeast)
    if (made && !now.isOver && nowMs - made.atMs < everyMs / 2) return made.page
    const page = runPage(now.result, {}, now.isOver ? undefined : { status: now.status, everyMs })
    everyMs = Math.min(everyMsAtMost, Math.max(everyMsAtLeast, (performance.now() - nowMs) / share))
    made = { page, atMs: nowMs }
    overShown = now.isOver
    return page
  }
  const server = await listen({ host: '127.0.0.1', port }, '--web', (request, response) => {
    const url = new URL(request.url ?? '/', 'http://127.0.0.1')
    const headers = {
      'cache-control': 'no-store',
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
    }
    // A name that resolves to this address would let a page of another site read this one.
    if (!/^(127\.0\.0\.1|localhost)(:\d+)?$/.test(request.headers.host ?? '')) response.writeHead(421, headers).end()
    else if (request.method !== 'GET') response.writeHead(405, headers).end()
    else if (!isToken(url.searchParams.get('token'), token))
      response.writeHead(403, headers).end('kbench: the token is missing or wrong\n')
    else if (url.pathname !== '/') response.writeHead(404, headers).end()
    else {
      askedAtMs = performance.now()
      response.writeHead(200, { ...headers, 'content-type': 'text/html; charset=utf-8' }).end(pageNow())
    }
  })
  return {
    url: `http://127.0.0.1:${server.port}/?token=${token}`,
    async [Symbol.asyncDispose]() {
      // A page that is being watched asks once more, and stands still then.
      const until = performance.now() + everyMs + 1000
      const isWatched = () => performance.now() - askedAtMs < 2 * everyMs + 1000
      while (!overShown && state()?.isOver && isWatched() && performance.now() < until) await sleep(50)
      await server[Symbol.asyncDispose]()
    },
  }
}

function isToken(given: string | null, token: string): boolean {
  const [a, b] = [Buffer.from(given ?? ''), Buffer.from(token)]
  return a.length === b.length && timingSafeEqual(a, b)
}

/** Before there is anything to show. */
const starting = (everyMs: number): string =>
  `<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><meta http-equiv="refresh" content="${Math.ceil(everyMs / 1000)}"><title>kbench</title></head><body><p>The run is starting.</p></body></html>\n`
