import { testSecureLayouts } from '../cluster/_secure-layouts.ts'

const layouts = ['kraft-3-tls', 'kraft-3-mtls', 'kraft-3-scram', 'kraft-3-oauth']

for (const provider of ['local', 'compose'] as const) await testSecureLayouts(provider, layouts)
