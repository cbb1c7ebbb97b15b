import assert from 'node:assert/strict'
import type { AwsApi } from '../../src/providers/aws/api.ts'
import * as aws from '../../src/providers/aws/reads.ts'
import * as gcp from '../../src/providers/gcp/reads.ts'
import { testContext as gcpContext, ZONE } from './gcp/fake-api.ts'

const { signal } = new AbortController()
const since = Temporal.Instant.from('2026-03-02T09:00:00Z')
const place = { location: { kind: 'zone', name: ZONE }, name: 'web' } as const

/** Every page names itself as the next. */
const ofAws = () => new Proxy({} as AwsApi, { get: () => async () => ({ NextToken: 'again', IsTruncated: true }) })
const ofGcp = () => {
  const page = async () => ({ items: [], next: 'again', unreachable: new Map() })
  const listings = { managersEverywhere: page, managedInstances: page, errors: page, instances: page, disks: page, regionDisks: page }
  return gcpContext(listings as never).api
}

/** All listings of Azure: azure/client.test.ts, for there the SDK turns the pages. */
const lists: Readonly<Record<string, () => Promise<unknown>>> = {
  groupsTagged: async () => {
    for await (const _ of aws.groupsTagged(ofAws(), ['firedrill'], signal)) assert.fail('there is none')
  },
  groupsNamed: () => aws.groupsNamed(ofAws(), ['web'], signal),
  activitiesOf: () => aws.activitiesOf(ofAws(), 'web', { since, signal }),
  instancesById: () => aws.instancesById(ofAws(), ['i-0a1'], signal),
  volumesById: () => aws.volumesById(ofAws(), ['vol-1'], signal),
  imagesById: () => aws.imagesById(ofAws(), ['ami-1'], signal),
  subnetsById: () => aws.subnetsById(ofAws(), ['subnet-1'], signal),
  securityGroups: () => aws.securityGroups(ofAws(), { filter: 'group-id', values: ['sg-1'] }, signal),
  defaultSecurityGroups: () => aws.defaultSecurityGroups(ofAws(), ['vpc-1'], signal),
  statusesById: () => aws.statusesById(ofAws(), ['i-0a1'], signal),
  everyManager: () => gcp.everyManager(ofGcp(), signal),
  managedOf: () => gcp.managedOf(ofGcp(), place, signal),
  errorsOf: () => gcp.errorsOf(ofGcp(), place, signal),
  machinesNamed: () => gcp.machinesNamed(ofGcp(), ZONE, ['web'], signal),
  'disksAt, a zone': () => gcp.disksAt(ofGcp(), [`zones/${ZONE}/disks/web`], signal),
  'disksAt, a region': () => gcp.disksAt(ofGcp(), ['regions/europe-west1/disks/web'], signal),
}

describe('a listing that goes round in circles', () => {
  for (const [name, list] of Object.entries(lists))
    it(`is not followed for ever, nor taken for a whole one (${name})`, async () => {
      await assert.rejects(list(), { name: 'ProviderError', message: /same page token twice/ })
    })
})
