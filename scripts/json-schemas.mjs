// Writes docs/firedrill.schema.json and docs/schedule.schema.json from the schemas that settings are checked with.
// Run it with the project's own Node: node scripts/json-schemas.mjs
import { mkdirSync, writeFileSync } from 'node:fs'
import { jsonSchemas } from '../src/config/json-schema.ts'

const docs = new URL('../docs/', import.meta.url)
mkdirSync(docs, { recursive: true })
for (const [name, schema] of Object.entries(jsonSchemas()))
  writeFileSync(new URL(`${name}.schema.json`, docs), `${JSON.stringify(schema, null, 2)}\n`)
