import assert from 'node:assert/strict'
import { translate } from '../../../src/providers/gcp/errors.ts'
import { ProviderError } from '../../../src/providers/provider-error.ts'

function body(status: number, reason: string, message = 'Something.') {
  return JSON.stringify({ error: { code: status, message, errors: [{ message, domain: 'global', reason }] } })
}

/** As the SDK throws them now: its own error with gRPC's code and the HTTP status. */
function ofSdk(status: number, message = 'Something.', reason?: string): Error {
  const response = reason === undefined ? {} : { cause: { message: body(status, reason) } }
  return Object.assign(new Error(message), { code: 7, httpStatusCode: status, ...response })
}

/** As its HTTP library throws them: the JSON as text, the HTTP status as `code`. */
function ofHttp(status: number, reason: string): Error {
  return Object.assign(new Error(body(status, reason)), { code: status, response: { status, data: undefined } })
}

describe('an error of Google Cloud', () => {
  for (const [about, error, code, acted] of [
    ['403 rateLimitExceeded', ofHttp(403, 'rateLimitExceeded'), 'throttled', false],
    ['429', ofSdk(429), 'throttled', false],
    ["403 with a quota's words", ofSdk(403, "Quota exceeded for quota metric 'Queries'"), 'throttled', false],
    ['403 rateLimitExceeded behind the SDK', ofSdk(403, 'no', 'rateLimitExceeded'), 'throttled', false],
    ['403 forbidden', ofHttp(403, 'forbidden'), 'denied', false],
    ['401', ofSdk(401), 'denied', false],
    ['404', ofHttp(404, 'notFound'), 'not-found', false],
    ['400', ofHttp(400, 'invalid'), 'invalid', false],
    ['400 of a resource in use', ofHttp(400, 'resourceInUseByAnotherResource'), 'conflict', false],
    ['412', ofSdk(412), 'conflict', false],
    ['503', ofHttp(503, 'backendError'), 'unavailable', true],
    ['500', ofSdk(500), 'unavailable', true],
    ['408, after which nobody knows', ofSdk(408), 'unavailable', true],
    ['a broken connection', Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' }), 'unavailable', true],
    [
      'a broken connection behind the SDK',
      Object.assign(new Error('x'), { code: 14, cause: { code: 'ECONNRESET', message: 'x' } }),
      'unavailable',
      true,
    ],
    ['no connection', Object.assign(new Error('x'), { code: 14, cause: { code: 'ECONNREFUSED', message: 'x' } }), 'unavailable', false],
    ['a deadline', Object.assign(new Error('Deadline exceeded: Delete did not respond'), { code: 4 }), 'unavailable', true],
    ['missing credentials', new Error('Could not load the default credentials.'), 'denied', false],
    ['what nobody knows', new Error('?'), 'unknown', true],
  ] as const)
    it(`is ${code} for ${about}, and ${acted ? 'may have' : 'has not'} acted`, () => {
      const told = translate(error, 'instances.delete')
      assert.deepEqual([told.code, told.mayHaveActed, told.operation], [code, acted, 'instances.delete'])
    })

  it('stays what it was where the adapter itself threw it behind the SDK', () => {
    const own = new ProviderError('the permit ran out', { code: 'conflict', operation: 'x', mayHaveActed: false })
    assert.equal(translate(new Error('wrapped', { cause: own }), 'y'), own)
  })

  it('says what to do', () => {
    assert.match(translate(ofHttp(403, 'forbidden'), 'instances.get').message, /firedrill permissions gcp/)
    assert.match(translate(new Error('invalid_grant'), 'credentials').message, /application-default login/)
  })
})
