/** Takes lines that `--verbose` shows; null = nobody asked for them. */
let sink: ((line: string) => void) | null = null

/** From now on {@link verbose} passes its lines on. The command line says so once, before anything is done. */
export function setVerbose(show: (line: string) => void): void {
  sink = show
}

export const isVerbose = (): boolean => sink !== null

/** What is done, and with what: for `--verbose` alone. The text is made only where it is shown. */
export function verbose(text: () => string): void {
  sink?.(text())
}
