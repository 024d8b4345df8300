import { testSecureLayouts } from './_secure-layouts.ts'

// test/long/secure-layouts.test.ts has all layouts on both providers.

await testSecureLayouts('local', ['kraft-3-scram'])
await testSecureLayouts('compose', ['kraft-3-oauth'])
