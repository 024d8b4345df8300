/**
 * Ctrl-C, a closed terminal and a service manager's end reach the whole process group or all of a service's processes.
 * The supervisor says when a host has to end, and a host whose supervisor is gone ends by itself.
 */
export function leaveSignalsToSupervisor(host: Pick<NodeJS.EventEmitter, 'on'> = process): void {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) host.on(signal, () => {})
}
