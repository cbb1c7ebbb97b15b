import assert from 'node:assert/strict'
import { join } from 'node:path'
import { ConfigError } from '../../src/config/config-error.ts'
import { loadSettings } from '../../src/config/load.ts'
import { readTokens } from '../../src/config/web-tokens.ts'
import { MINIMAL, mistakes, withFiles } from './folder.ts'

const good = 'only-for-tests-0123456789-0123456789'

function files(web: string): Record<string, string> {
  return { 'firedrill.yaml': `web:\n${web.replace(/^/gm, '  ')}\n`, 'schedules/a.yaml': MINIMAL }
}

describe('settings of the pages', () => {
  it('listen on loopback unless told otherwise', async () => {
    await withFiles({ 'schedules/a.yaml': MINIMAL }, async cwd => {
      assert.equal((await loadSettings({ env: {}, cwd })).web.listen, '127.0.0.1:8080')
    })
  })

  for (const listen of ['0.0.0.0:8080', '10.1.2.3:80', '[::]:8080', 'firedrill.internal:8080']) {
    it(`refuse to listen on ${listen} while nobody has to say who they are`, async () => {
      const [mistake = ''] = await mistakes(files(`listen: "${listen}"`))
      assert.match(mistake, /firedrill\.yaml:2:11.*can be reached from other machines/)
      assert.deepEqual(await mistakes(files(`listen: "${listen}"\ntokens: [{ name: a, role: viewer, token: ${good} }]`)), [])
      assert.deepEqual(await mistakes(files(`listen: "${listen}"\nproxy: { from: ["10.0.0.0/8"] }`)), [])
    })
  }

  for (const listen of ['127.0.0.1:0', '127.8.8.8:1', '[::1]:8080', 'localhost:8080']) {
    it(`listen on ${listen} without tokens`, async () => assert.deepEqual(await mistakes(files(`listen: "${listen}"`)), []))
  }

  const wrong: readonly (readonly [string, RegExp])[] = [
    ['tokens: [{ name: a, role: viewer, token: short-and-guessable }]', /less than 32 characters/],
    ['tokens: [{ name: a, role: viewer, token: 12345678901234 }]', /a token must be a text in quotes/],
    ['tokens: [{ name: a, role: viewer }]', /either token: or file:/],
    [`tokens: [{ name: a, role: viewer, token: ${good}, file: x }]`, /either token: or file:/],
    [`tokens: [{ name: a, role: admin, token: ${good} }]`, /viewer.*operator/],
    [`tokens: [{ name: a, role: viewer, token: ${good} }, { name: a, role: operator, file: x }]`, /the token name "a" is taken/],
    ['proxy: { from: [] }', /proxy\.from/],
    ['proxy: { from: ["10.0.0.0/33"] }', /an address or network/],
    ['origin: "https://firedrill.example.org/path"', /without a path/],
  ]
  for (const [text, words] of wrong) {
    it(`say what is wrong with ${text.slice(0, 70)}`, async () => {
      const found = (await mistakes(files(text))).join('\n')
      assert.match(found, words)
      assert.doesNotMatch(found, /short-and-guessable|12345678901234|only-for-tests/, 'no token is repeated')
    })
  }

  it('keep tokens out of everything that is printed', async () => {
    await withFiles(files(`tokens: [{ name: a, role: viewer, token: "\${TOKEN}" }]`), async cwd => {
      const settings = await loadSettings({ env: { TOKEN: good }, cwd })
      assert.ok(!JSON.stringify(settings).includes(good))
      assert.equal((await readTokens(settings))[0]?.secret.reveal(), good)
    })
  })

  it('read a token from a file beside firedrill.yaml, and say which file cannot be used', async () => {
    const written = files('tokens: [{ name: a, role: viewer, file: secrets/a }]')
    await withFiles({ ...written, 'secrets/a': `${good}\n` }, async cwd => {
      const [token] = await readTokens(await loadSettings({ env: {}, cwd }))
      assert.equal(token?.secret.reveal(), good)
    })
    await withFiles(written, async cwd => {
      const settings = await loadSettings({ env: {}, cwd })
      await assert.rejects(
        readTokens(settings),
        (error: unknown) => error instanceof ConfigError && error.problems[0]?.file === join(cwd, 'secrets/a'),
      )
    })
    await withFiles({ ...written, 'secrets/a': 'short' }, async cwd => {
      const settings = await loadSettings({ env: {}, cwd })
      await assert.rejects(
        readTokens(settings),
        (error: unknown) => error instanceof ConfigError && !JSON.stringify(error.problems).includes('short'),
      )
    })
  })
})
