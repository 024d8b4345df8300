import { fileURLToPath } from 'node:url'

/** Folder of the package, which contains compose/, profiles/, schema/ and package.json, whether run from src or dist. */
export const packageRoot = fileURLToPath(
  new URL(import.meta.url.endsWith('.ts') ? '../..' : '../../..', import.meta.url),
)
