/** Resolves when the promise is settled either way or the time is over: a close may wait for a broker that says nothing. */
export async function settledWithin(timeoutMs: number, promise: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const timeout = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, timeoutMs)
  })
  await Promise.race([promise.catch(() => {}), timeout])
  clearTimeout(timer)
}
