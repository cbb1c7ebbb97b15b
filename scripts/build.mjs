// Makes dist/: JavaScript that needs nothing but the production dependencies.
import { spawnSync } from 'node:child_process'
import { chmodSync, cpSync, globSync, readFileSync, rmSync, statSync } from 'node:fs'
import { dirname, extname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const dist = join(root, 'dist')

rmSync(dist, { recursive: true, force: true })
const compiler = join(root, 'node_modules', '.bin', 'tsc')
const tsc = spawnSync(compiler, ['-p', join(root, 'tsconfig.build.json')], { stdio: 'inherit', cwd: root })
if (tsc.error) throw tsc.error
if (tsc.status !== 0) process.exit(tsc.status ?? 1)
copyAssets()
checkAddresses()
chmodSync(join(dist, 'main.js'), 0o755)

/** Whatever stands in src/ and is no TypeScript (style sheets, data) belongs beside the code that reads it. */
function copyAssets() {
  const source = join(root, 'src')
  for (const file of globSync('**/*', { cwd: source })) {
    if (extname(file) === '.ts' || statSync(join(source, file)).isDirectory()) continue
    cpSync(join(source, file), join(dist, file))
  }
}

/** The compiler rewrites `.ts` in imports, but not in addresses: those would name files that are not there. */
function checkAddresses() {
  const broken = globSync('**/*.js', { cwd: dist }).filter(file =>
    /new URL\([^)]*\.ts['"`][^)]*import\.meta\.url/.test(readFileSync(join(dist, file), 'utf8')),
  )
  if (broken.length === 0) return
  console.error(`these name a .ts file by its address, which dist/ does not have: ${broken.join(', ')}`)
  process.exit(1)
}
