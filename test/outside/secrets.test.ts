import assert from 'node:assert/strict'
import { SecretReader } from '../../src/outside/secrets.ts'

const surroundings = {
  env: { SHORT: 'abcd', LONG: 'abcd-efgh', QUOTED: 'a"b\\c d', EMPTY: '' },
  folder: '/',
  now: () => Temporal.Now.instant(),
}
const reference = (name: string) => ({ secretFrom: 'env', name }) as const

describe('a reader of secrets', () => {
  it('takes what it has read out of any text, as it is, in JSON and in URLs, also where one begins with another', async () => {
    const secrets = new SecretReader(surroundings)
    for (const name of ['SHORT', 'LONG', 'QUOTED']) await secrets.reveal(reference(name))
    assert.equal(secrets.hide('abcd-efgh abcd'), '*** ***')
    assert.equal(secrets.hide(`${JSON.stringify('a"b\\c d')} ${encodeURIComponent('a"b\\c d')} a"b\\c d`), '"***" *** ***')
  })

  it('leaves alone what it has not read', () => {
    assert.equal(new SecretReader(surroundings).hide('abcd'), 'abcd')
  })

  it('S10 gives nothing where a secret is missing or empty', async () => {
    const secrets = new SecretReader(surroundings)
    await assert.rejects(secrets.reveal(reference('NONE')), /NONE is not set/)
    await assert.rejects(secrets.reveal(reference('EMPTY')), /EMPTY is empty/)
  })

  it('keeps an error without its cause', async () => {
    const secrets = new SecretReader(surroundings)
    await secrets.reveal(reference('LONG'))
    const hidden = secrets.hideIn(new Error('bad abcd-efgh', { cause: new Error('abcd-efgh') }))
    assert.deepEqual([hidden.message, hidden.cause], ['bad ***', undefined])
  })
})
