import { isSecretReference, type SecretReference } from '../outside/secrets.ts'
import type { Problem } from './config-error.ts'
import type { Path, SourceDocument } from './document.ts'
import type { Environment } from './environment.ts'

/** Secrets that settings name and the environment does not have. Files are read when they are needed, for they may be mounted elsewhere only. */
export function unsetSecrets(
  settings: unknown,
  { path, doc, env }: { readonly path: Path; readonly doc: SourceDocument; readonly env: Environment },
): Problem[] {
  const unset = secretsIn(settings, path).filter(({ secretFrom, name }) => secretFrom === 'env' && (env[name] ?? '') === '')
  return unset.map(({ name, at }) =>
    doc.problem(at, { message: `the environment variable ${name} is not set`, suggestion: 'Set it, or write { file: PATH }.' }),
  )
}

function secretsIn(value: unknown, at: Path): (SecretReference & { readonly at: Path })[] {
  if (isSecretReference(value)) return [{ ...value, at }]
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, inner]) => secretsIn(inner, [...at, Array.isArray(value) ? Number(key) : key]))
}
