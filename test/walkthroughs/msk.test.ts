import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after } from 'node:test'
import { packageRoot } from '../../src/base/root.ts'
import { sandbox } from '../cluster/_providers.ts'
import { declareSteps, planRun } from './_steps.ts'

// docs/msk.md, command by command, on a layout of this machine with TLS and a login.

const box = sandbox('local')
after(box.remove)
const page = readFileSync(join(packageRoot, 'docs', 'msk.md'), 'utf8')
declareSteps({ name: 'msk', page, box, ...(await planRun('kraft-3-scram', 'local', new Set())) })
