import { messageOf } from '../base/errors.ts'

/** More than this is no scrape, bytes: a broker with thousands of partitions has some megabytes. */
const mostBytes = 64 * 1024 * 1024

/** The text of an endpoint of metrics. Rejects within the deadline with what was wrong: no answer, another status, too much text. */
export async function scrape(url: string, timeoutMs: number): Promise<string> {
  // A controller of its own: one from AbortSignal.timeout() may be collected before it fires, and the look would never end.
  const late = new AbortController()
  const timer = setTimeout(() => late.abort(), timeoutMs)
  try {
    const response = await fetch(url, { signal: late.signal, redirect: 'error' })
    if (!response.ok) throw new Error(`status ${response.status}`)
    const decoder = new TextDecoder()
    let text = ''
    let bytes = 0
    for await (const part of response.body ?? []) {
      bytes += part.length
      if (bytes > mostBytes) throw new Error(`more than ${mostBytes / 1024 / 1024} MiB`)
      text += decoder.decode(part, { stream: true })
    }
    return text + decoder.decode()
  } catch (error) {
    if (late.signal.aborted) throw new Error(`no answer within ${timeoutMs / 1000} s`, { cause: error })
    const { cause } = error as { cause?: unknown }
    throw new Error(cause instanceof Error ? messageOf(cause) : messageOf(error), { cause: error })
  } finally {
    // Also ends what is left of an answer that was too long.
    late.abort()
    clearTimeout(timer)
  }
}
