import type { Command } from 'commander'
import { addExamples } from './help-text.ts'

/** Mounts `kbench schema`: the JSON Schema of profiles, as in schema/profile.schema.json. */
export function registerSchema(program: Command): void {
  const command = program
    .command('schema')
    .description('print the JSON Schema of profiles, for editors')
    .action(async () => {
      const { profileJsonSchema } = await import('../../profile/paths.ts')
      process.stdout.write(`${JSON.stringify(profileJsonSchema(), null, 2)}\n`)
    })
  addExamples(command, ['kbench schema > profile.schema.json'])
}
