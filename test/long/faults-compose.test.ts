import { judgeAll } from './_fault-profiles.ts'

await judgeAll('compose')
