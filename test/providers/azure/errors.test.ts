import assert from 'node:assert/strict'
import { azureCode, translate } from '../../../src/providers/azure/errors.ts'
import { failureOf, provisioningFailure } from '../../../src/providers/azure/failures.ts'

const rest = (statusCode: number, code: string, message = 'what Azure says') =>
  Object.assign(new Error(message), { name: 'RestError', statusCode, code })

describe('errors of Azure', () => {
  const table: readonly [error: unknown, code: string, mayHaveActed: boolean][] = [
    [rest(429, 'TooManyRequests'), 'throttled', false],
    [rest(403, 'AuthorizationFailed'), 'denied', false],
    [rest(401, 'InvalidAuthenticationToken'), 'denied', false],
    [rest(404, 'ResourceNotFound'), 'not-found', false],
    [rest(409, 'ScopeLocked'), 'conflict', false],
    [rest(409, 'OperationNotAllowed'), 'conflict', false],
    [rest(412, 'PreconditionFailed'), 'conflict', false],
    [rest(400, 'InvalidParameter'), 'invalid', false],
    [rest(408, 'RequestTimeout'), 'unavailable', true],
    [rest(500, 'InternalServerError'), 'unavailable', true],
    [rest(503, 'ServiceUnavailable'), 'unavailable', true],
    [Object.assign(new Error('reset'), { name: 'RestError', code: 'ECONNRESET' }), 'unavailable', true],
    [Object.assign(new Error('refused'), { name: 'RestError', code: 'ECONNREFUSED' }), 'unavailable', false],
    [Object.assign(new Error('who'), { name: 'CredentialUnavailableError' }), 'denied', false],
    [new TypeError('a defect'), 'unknown', true],
    ['nothing', 'unknown', true],
  ]
  for (const [error, code, mayHaveActed] of table)
    it(`calls ${azureCode(error)} ${code}, and knows whether it ${mayHaveActed ? 'may have' : 'has not'} acted`, () => {
      const translated = translate(error, 'virtualMachineScaleSets.deleteInstances')
      assert.deepEqual([translated.code, translated.mayHaveActed], [code, mayHaveActed])
      assert.match(translated.message, /^virtualMachineScaleSets\.deleteInstances: .*\.$/)
    })

  it("finds Azure's own code where a client leaves it wrapped", () => {
    const wrapped = Object.assign(new Error('Unexpected status code: 409'), {
      name: 'RestError',
      statusCode: 409,
      details: { error: { code: 'ScopeLocked', message: 'a lock is in the way' } },
    })
    assert.equal(azureCode(wrapped), 'ScopeLocked')
    assert.match(translate(wrapped, 'x').message, /ScopeLocked \(a lock is in the way\)/)
  })

  it('tells capacity and quota, which pass, from what needs the owner', () => {
    const kinds = [
      ['ZonalAllocationFailed: Allocation failed.', 'capacity'],
      ['OverconstrainedZonalAllocationRequest: no', 'capacity'],
      ['SkuNotAvailable: The requested size is currently not available', 'capacity'],
      ['OperationNotAllowed: Operation could not be completed as it results in exceeding approved Total Regional Cores quota.', 'quota'],
      ['QuotaExceeded: Operation results in exceeding quota limits of Core.', 'quota'],
      ['KeyVaultAccessForbidden: no', 'broken'],
      ['OSProvisioningTimedOut: OS Provisioning did not finish', 'broken'],
    ]
    for (const [text = '', category] of kinds) assert.equal(failureOf(text).category, category, text)
  })

  it('reads why provisioning failed, and nothing where it did not', () => {
    assert.equal(provisioningFailure([{ code: 'ProvisioningState/succeeded' }, { code: 'PowerState/running' }]), null)
    assert.equal(provisioningFailure(undefined), null)
    const failed = provisioningFailure([{ code: 'ProvisioningState/failed/AllocationFailed', message: 'no room' }])
    assert.equal(failed?.text, 'AllocationFailed: no room')
    assert.match(provisioningFailure([{ code: 'ProvisioningState/failed' }])?.text ?? '', /says no more/)
  })
})
