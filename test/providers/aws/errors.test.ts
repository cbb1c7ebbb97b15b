import assert from 'node:assert/strict'
import { translate } from '../../../src/providers/aws/errors.ts'

function failure(name: string, status: number | null, message = 'no'): unknown {
  return Object.assign(new Error(message), { name, ...(status === null ? {} : { $metadata: { httpStatusCode: status } }) })
}

const table: readonly (readonly [string, number | null, string, boolean])[] = [
  ['Throttling', 400, 'throttled', false],
  ['RequestLimitExceeded', 503, 'throttled', true],
  ['ANewNameOfIt', 429, 'throttled', false],
  ['ANewNameOfIt', 400, 'invalid', false],
  ['UnauthorizedOperation', 403, 'denied', false],
  ['AccessDenied', 403, 'denied', false],
  ['InvalidClientTokenId', 403, 'denied', false],
  ['ExpiredToken', 403, 'denied', false],
  ['CredentialsProviderError', null, 'denied', false],
  ['InvalidInstanceID.NotFound', 400, 'not-found', false],
  ['InvalidLaunchTemplateId.VersionNotFound', 400, 'not-found', false],
  ['InvalidLaunchTemplateName.NotFoundException', 400, 'not-found', false],
  ['NoSuchEntityException', 404, 'not-found', false],
  ['TargetGroupNotFoundException', 400, 'not-found', false],
  ['ScalingActivityInProgress', 400, 'conflict', false],
  ['ScalingActivityInProgressFault', 400, 'conflict', false],
  ['ResourceContention', 500, 'conflict', true],
  ['ValidationError', 400, 'invalid', false],
  ['InternalFailure', 500, 'unavailable', true],
  ['ServiceUnavailable', 503, 'unavailable', true],
  ['TimeoutError', null, 'unavailable', true],
  ['ECONNRESET', null, 'unavailable', true],
  ['ECONNREFUSED', null, 'unavailable', false],
  ['SyntaxError', null, 'unknown', true],
]

describe('AWS: errors', () => {
  for (const [name, status, code, mayHaveActed] of table)
    it(`takes ${name}${status === null ? '' : ` with ${status}`} for ${code}, which ${mayHaveActed ? 'may have acted' : 'has not acted'}`, () => {
      const error = translate(failure(name, status), 'TerminateInstances')
      assert.deepEqual([error.code, error.mayHaveActed, error.operation], [code, mayHaveActed, 'TerminateInstances'])
    })

  it('prefers the system code of a broken connection to the general name of its error', () => {
    const error = translate(Object.assign(new Error('read'), { code: 'ECONNRESET' }), 'X')
    assert.deepEqual([error.code, error.mayHaveActed], ['unavailable', true])
  })

  it('says what to do about credentials in one place and about permissions in the other', () => {
    assert.match(translate(failure('ExpiredToken', 403), 'X').message, /have expired: renew them/)
    assert.match(translate(failure('SignatureDoesNotMatch', 403), 'X').message, /check AWS_PROFILE/)
    assert.match(translate(failure('AccessDenied', 403), 'DescribeVolumes').message, /Allow DescribeVolumes/)
    const unknownKey = failure('AuthFailure', 401, 'AWS was not able to validate the provided access credentials')
    assert.match(translate(unknownKey, 'DescribeInstances').message, /check AWS_PROFILE/)
    assert.match(
      translate(failure('AuthFailure', 403, 'Not authorized for images: [ami-1]'), 'DescribeImages').message,
      /Allow DescribeImages/,
    )
    assert.match(translate(failure('CredentialsProviderError', null), 'X').message, /No AWS credentials were found: set AWS_PROFILE/)
  })

  it('blames a role that cannot be assumed, and not what was asked for with it', () => {
    const words = 'User: arn:aws:iam::1:user/a is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::2:role/firedrill'
    const { message } = translate(failure('AccessDenied', 403, words), 'DescribeAutoScalingGroups')
    assert.match(message, /The role cannot be assumed: check roleArn and externalId in firedrill\.yaml/)
    assert.doesNotMatch(message, /Allow DescribeAutoScalingGroups/)
  })

  it('says that a region is not enabled for the account, or is none', () => {
    const { message } = translate(failure('OptInRequired', 403), 'DescribeAutoScalingGroups')
    assert.match(message, /cannot use the region: enable it for the account, or correct regions in firedrill\.yaml/)
  })

  it('repeats neither signatures nor encoded messages', () => {
    const secret = 'The Canonical String for this request should have been secret-part'
    assert.doesNotMatch(translate(failure('SignatureDoesNotMatch', 403, `wrong. ${secret}`), 'X').message, /secret-part/)
    const encoded = translate(failure('UnauthorizedOperation', 403, 'no. Encoded authorization failure message: AbCdEf'), 'X')
    assert.doesNotMatch(encoded.message, /AbCdEf/)
  })

  it('lets a translated error pass as it is', () => {
    const error = translate(failure('AccessDenied', 403), 'X')
    assert.equal(translate(error, 'Y'), error)
  })
})
