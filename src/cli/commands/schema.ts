import type { Command } from 'commander'

/** Mounts `kbench schema`: the JSON Schema of profiles, as in schema/profile.schema.json. */
export function registerSchema(program: Command): void {
  program
    .command('schema')
    .description('print the JSON Schema of profiles, for editors')
    .addHelpText('after', '\nExample:\n  kbench schema > profile.schema.json')
    .action(async () => {
      const { profileJsonSchema } = await import('../../profile/paths.ts')
      process.stdout.write(`${JSON.stringify(profileJsonSchema(), null, 2)}\n`)
    })
}
