import assert from 'node:assert/strict'
import type { Instance } from '@aws-sdk/client-ec2'
import type { AwsApi } from '../../../src/providers/aws/api.ts'
import { declare } from '../../../src/providers/aws/declare.ts'
import { describe as describeInstances } from '../../../src/providers/aws/describe.ts'
import { ProviderError, type ProviderErrorCode } from '../../../src/providers/provider-error.ts'
import { asg, member, never, SCOPE, testContext } from './fake-api.ts'

const path = 'creditSpecification'
const id = `${SCOPE}/asg/web`

const failure = (code: ProviderErrorCode, message: string) =>
  new ProviderError(message, { code, operation: 'DescribeInstanceCreditSpecifications', mayHaveActed: false })

type Answer = AwsApi['describeInstanceCreditSpecifications']

/** Every instance is unlimited. */
const unlimited: Answer = async ({ InstanceIds: ids = [] }) => ({
  $metadata: {},
  InstanceCreditSpecifications: ids.map(InstanceId => ({ InstanceId, CpuCredits: 'unlimited' })),
})

/** A region with these instances, by type. */
function region(types: Readonly<Record<string, string>>, answer: Answer = unlimited) {
  return testContext({
    describeInstances: async input => {
      const wanted = input.Filters?.[0]?.Values ?? []
      const Instances: Instance[] = Object.entries(types).flatMap(([InstanceId, type]) =>
        wanted.includes(InstanceId) ? [{ InstanceId, InstanceType: type as Instance['InstanceType'] }] : [],
      )
      return { $metadata: {}, Reservations: [{ Instances }] }
    },
    describeInstanceCreditSpecifications: answer,
  })
}

const asked = ({ calls }: ReturnType<typeof region>) =>
  (calls.describeInstanceCreditSpecifications ?? []).map(input => (input as { InstanceIds?: string[] }).InstanceIds ?? [])

async function described(context: ReturnType<typeof region>, ids: readonly string[]) {
  const found = await describeInstances(
    context,
    ids.map(one => ({ group: id, id: one })),
    never,
  )
  return (one: string) => ({
    value: found.get(one)?.values[path],
    unread: found.get(one)?.unread.find(entry => entry.what === path)?.why,
  })
}

describe('AWS: credit options', () => {
  it('are asked of burstable types only, all in one call that asks for no page size', async () => {
    const types = {
      'i-0': 't2.micro',
      'i-1': 't3.micro',
      'i-2': 't3a.small',
      'i-3': 't4g.medium',
      'i-4': 'm7i.large',
      'i-5': 'trn1.2xlarge',
      'i-6': 't1.micro',
    }
    const context = region(types)
    const of = await described(context, Object.keys(types))
    assert.deepEqual(context.calls.describeInstanceCreditSpecifications, [
      { InstanceIds: ['i-0', 'i-1', 'i-2', 'i-3'], NextToken: undefined },
    ])
    assert.deepEqual(of('i-2'), { value: 'unlimited', unread: undefined })
    for (const other of ['i-4', 'i-5', 'i-6'] as const) assert.deepEqual(of(other), { value: undefined, unread: undefined }, types[other])
  })

  it('are asked a thousand to a call', async () => {
    const ids = Array.from({ length: 1001 }, (_, index) => `i-${String(index).padStart(4, '0')}`)
    const context = region(Object.fromEntries(ids.map(one => [one, 't3.micro'])))
    await described(context, ids)
    assert.deepEqual(
      asked(context).map(part => part.length),
      [1000, 1],
    )
  })

  it('are not asked where nothing names one, and are where that was not seen yet', async () => {
    const context = region({ 'i-1': 't3.micro' })
    context.memory.declaresCredits.set(id, false)
    assert.deepEqual((await described(context, ['i-1']))('i-1'), { value: undefined, unread: undefined })
    assert.deepEqual(asked(context), [])
    context.memory.declaresCredits.set(id, true)
    assert.equal((await described(context, ['i-1']))('i-1').value, 'unlimited')
  })

  for (const code of ['denied', 'throttled', 'unavailable', 'invalid'] as const)
    it(`S10 are unread, with the reason, where the call is ${code}; the rest is described`, async () => {
      const of = await described(
        region({ 'i-1': 't3.micro', 'i-2': 'm7i.large' }, async () => {
          throw failure(code, 'no such luck')
        }),
        ['i-1', 'i-2'],
      )
      assert.deepEqual(
        [of('i-1'), of('i-2')],
        [
          { value: undefined, unread: 'no such luck' },
          { value: undefined, unread: undefined },
        ],
      )
    })

  it('S10 are unread of whom the answer lacks, and of whom EC2 does not know (yet): the others are asked again', async () => {
    const context = region({ 'i-1': 't3.micro', 'i-2': 't3.micro', 'i-3': 't3.micro' }, async input => {
      if (input.InstanceIds?.includes('i-2'))
        throw failure('not-found', "InvalidInstanceID.NotFound (The instance ID 'i-2' does not exist)")
      return { $metadata: {}, InstanceCreditSpecifications: [{ InstanceId: 'i-1', CpuCredits: 'standard' }] }
    })
    const of = await described(context, ['i-1', 'i-2', 'i-3'])
    assert.deepEqual(asked(context), [
      ['i-1', 'i-2', 'i-3'],
      ['i-1', 'i-3'],
    ])
    assert.equal(of('i-1').value, 'standard')
    for (const one of ['i-2', 'i-3']) assert.deepEqual(of(one), { value: undefined, unread: 'EC2 did not show it' })
  })

  it('end with the reason of an aborted signal', async () => {
    const stop = new AbortController()
    const context = region({ 'i-1': 't3.micro' }, async () => {
      stop.abort(new Error('halted'))
      throw new Error('halted')
    })
    await assert.rejects(describeInstances(context, [{ group: id, id: 'i-1' }], stop.signal), /halted/)
  })
})

/** A group whose template says this of credits, in its versions 1, 2, …; it launches from the newest, its member from the first. */
function templated(credits: readonly (string | null)[], overrides: readonly string[] = []) {
  const LaunchTemplate = { LaunchTemplateId: 'lt-0a1', Version: String(credits.length) }
  const mixed = {
    LaunchTemplate: { LaunchTemplateSpecification: LaunchTemplate, Overrides: overrides.map(InstanceType => ({ InstanceType })) },
  }
  const Instances = [member('i-1', { LaunchTemplate: { LaunchTemplateId: 'lt-0a1', Version: '1' } })]
  return testContext({
    describeAutoScalingGroups: async () => ({
      $metadata: {},
      AutoScalingGroups: [asg('web', { Instances, ...(overrides.length === 0 ? { LaunchTemplate } : { MixedInstancesPolicy: mixed }) })],
    }),
    describeLaunchTemplateVersions: async input => ({
      $metadata: {},
      LaunchTemplateVersions: credits.flatMap((CpuCredits, index) =>
        input.Versions?.includes(String(index + 1))
          ? [
              {
                LaunchTemplateId: 'lt-0a1',
                VersionNumber: index + 1,
                LaunchTemplateData: {
                  ImageId: 'ami-1',
                  InstanceType: 't3.micro' as const,
                  ...(CpuCredits === null ? {} : { CreditSpecification: { CpuCredits } }),
                },
              },
            ]
          : [],
      ),
    }),
  })
}

describe('AWS: declared credit options', () => {
  const rows = [
    { what: 'as the template names it', credits: ['standard'], overrides: [], allowed: ['standard'] },
    {
      what: 'as the template names it on every burstable type',
      credits: ['standard'],
      overrides: ['t3.small', 't4g.small'],
      allowed: ['standard'],
    },
    {
      what: 'also none where a type may have none',
      credits: ['standard'],
      overrides: ['t3.small', 'm7i.large'],
      allowed: ['standard', null],
    },
    { what: 'whatever a default gives where none is named', credits: [null], overrides: [], allowed: ['standard', 'unlimited', null] },
  ] as const
  for (const { what, credits, overrides, allowed } of rows)
    it(`are ${what}`, async () => {
      const found = (await declare(templated(credits, overrides), [id], never)).get(id)
      assert.deepEqual(found?.current.values[path], allowed)
      assert.deepEqual(
        found?.current.unread.filter(entry => entry.what === path),
        [],
      )
    })

  for (const [names, credits, remembered] of [
    ['what it launches from names one', [null, 'standard'], true],
    ['what a member was born from names one', ['standard', null], true],
    ['neither does', [null, null], false],
  ] as const)
    it(`are ${remembered ? '' : 'not '}asked of a group where ${names}`, async () => {
      const context = templated(credits)
      await declare(context, [id], never)
      assert.equal(context.memory.declaresCredits.get(id), remembered)
    })
})
