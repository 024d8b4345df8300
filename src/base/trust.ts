/** How far what is read may be trusted; the command line says so once, before anything is read. */
export interface Trust {
  /** Settings that load code into clients are taken. */
  nativePlugins: boolean
  /** Profiles may come from anybody: no files, no variables, no commands, no hosts beyond loopback. */
  untrusted: boolean
}

let current: Trust = { nativePlugins: false, untrusted: false }

export const trust = (): Trust => current
export function setTrust(given: Trust): void {
  current = given
}
