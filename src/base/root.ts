import { fileURLToPath } from 'node:url'

/** Folder of the package: where compose/, profiles/, schema/ and package.json lie, whether run from src or dist. */
export const packageRoot = fileURLToPath(
  new URL(import.meta.url.endsWith('.ts') ? '../..' : '../../..', import.meta.url),
)
