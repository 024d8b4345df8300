import type { ChildProcess } from 'node:child_process'
import { subscribe } from 'node:diagnostics_channel'
import type { Socket } from 'node:net'
import { messageOf } from '../base/errors.ts'
import { redacted } from '../base/secrets.ts'
import { setVerbose, verbose } from '../base/verbose.ts'
import { shownLine } from './text/shown-line.ts'

/** `--verbose`: from now on stderr has a line for each step, each program that is started and each connection of this process. */
export function showSteps(): void {
  setVerbose((line) => void process.stderr.write(shownLine(redacted(`kbench: ${line}`))))
  // Node publishes both: no caller has to remember it.
  subscribe('child_process', (message) => {
    const { process: child } = message as { process: ChildProcess }
    child.once('spawn', () => verbose(() => `started [${child.pid}] ${child.spawnargs.join(' ')}`))
    child.once('error', (error) => verbose(() => `not started: ${messageOf(error)}`))
    child.once('exit', (code, signal) => verbose(() => `ended [${child.pid}] ${signal ?? `exit code ${code}`}`))
  })
  subscribe('net.client.socket', (message) => {
    const { socket } = message as { socket: Socket }
    socket.once('connect', () => verbose(() => `connected to ${socket.remoteAddress}:${socket.remotePort}`))
    socket.once('error', (error) => verbose(() => `connection error: ${messageOf(error)}`))
  })
}
