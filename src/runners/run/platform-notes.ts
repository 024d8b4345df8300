/** What this system does not report of its own, for the result's notes: null there is a limit of the system, and no fault of the run. */
export function platformNotes(platform: NodeJS.Platform = process.platform): string[] {
  if (platform === 'linux') return []
  const name = platform === 'darwin' ? 'macOS' : platform
  return [
    `${name} has no /proc: CPU, memory, disk and network of this machine and of brokers on it are null, and bound names neither machine nor disk (docs/platforms.md)`,
  ]
}
