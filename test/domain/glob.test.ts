import assert from 'node:assert/strict'
import { matches, matchesPath } from '../../src/domain/glob.ts'

const web = { id: 'cloud:123456789012/eu-west-1/asg/web', name: 'web' }

describe('globs on groups', () => {
  const cases: readonly [string, { readonly id: string; readonly name: string }, boolean][] = [
    ['*', web, true],
    ['web', web, true],
    ['we?', web, true],
    ['{web,api}', web, true],
    ['w[a-f]b', web, true],
    ['Web', web, false],
    ['we', web, false],
    ['eu-west-1', web, false],
    ['*-db', { id: 'cloud:1/x', name: 'orders-db' }, true],
    ['*-db', { id: 'cloud:1/x', name: 'orders-db-2' }, false],
    ['*-db', { id: 'cloud:1/x', name: 'team/orders-db' }, true],
    ['*', { id: 'cloud:1/x', name: '.hidden' }, true],
    ['cloud:123456789012/*', web, true],
    ['cloud:123456789012/*', { id: 'cloud:1234567890123/eu-west-1/asg/web', name: 'web' }, false],
    ['cloud:*', web, true],
    ['*:*', web, true],
    ['cloud:123456789012/eu-west-1/asg/web', web, true],
    ['cloud:*/asg/web', web, true],
    ['cloud:*/asg/api', web, false],
    ['@(web)', web, false],
    ['!(web)', { id: 'cloud:1/x', name: 'api' }, false],
    ['!web', web, false],
    ['!web', { id: 'cloud:1/x', name: 'api' }, false],
    ['', { id: 'cloud:1/x', name: '' }, false],
  ]
  for (const [glob, group, expected] of cases) {
    it(`${JSON.stringify(glob)} ${expected ? 'matches' : 'does not match'} ${group.name} (${group.id})`, () => {
      assert.equal(matches([glob], group), expected)
    })
  }

  it('matches when any glob of the list does, and never with an empty list', () => {
    assert.equal(matches(['api', 'web'], web), true)
    assert.equal(matches(['api', 'shop'], web), false)
    assert.equal(matches([], web), false)
  })
})

describe('globs on paths', () => {
  const cases: readonly [string, string, boolean][] = [
    ['tags/**', 'tags/Name', true],
    ['tags/**', 'tags/example.com/cluster/blue', true],
    ['tags/**', 'tags', true],
    ['tags/**', 'tagsets/a', false],
    ['tags/*', 'tags/Name', true],
    ['tags/*', 'tags/example.com/cluster', false],
    ['volumes/*/size', 'volumes/xvda/size', true],
    ['volumes/*/size', 'volumes/xvda/type', false],
    ['volumes/**', 'volumes//dev/xvda/size', true],
    ['securityGroups', 'securityGroups', true],
    ['securityGroups', 'securityGroups/0', false],
    ['**', 'metadata/.hidden', true],
    ['*', 'tags/Name', false],
    ['!tags', 'volumes', false],
    ['@(tags)', 'tags', false],
    ['', '', false],
  ]
  for (const [glob, path, expected] of cases) {
    it(`${JSON.stringify(glob)} ${expected ? 'matches' : 'does not match'} ${path}`, () => {
      assert.equal(matchesPath([glob], path), expected)
      assert.equal(matchesPath(['nothing', glob], path), expected)
    })
  }

  it('matches nothing with an empty list', () => {
    assert.equal(matchesPath([], 'tags/Name'), false)
  })
})
