import assert from 'node:assert/strict'
import { createWorld, parseWorld, WorldError } from '../../src/simulator/index.ts'

function mistakes(text: string): string {
  try {
    parseWorld(text, 'fleet.yaml')
  } catch (error) {
    if (error instanceof WorldError) return error.message
    throw error
  }
  return ''
}

describe('a world file', () => {
  it('needs nothing but names, in YAML or JSON', () => {
    const yaml = parseWorld('groups:\n  - name: web\n')
    assert.deepEqual(yaml, parseWorld('{"groups": [{"name": "web"}]}'))
    assert.equal(createWorld(yaml).findGroup('web').group.members.length, 3)
    assert.deepEqual([...createWorld(parseWorld('')).regions.keys()], ['123456789012/eu-west-1'])
  })

  it('takes durations, bare traits, and traits with details', () => {
    const [group] = parseWorld('groups: [{name: web, times: {boot: 1.5s, health: 250}, traits: [slow, {trait: late, boot: 2h}]}]').groups
    assert.deepEqual([group?.times.boot, group?.times.health], [1500, 250])
    assert.deepEqual(group?.traits, [{ trait: 'slow' }, { trait: 'late', boot: 7_200_000 }])
  })

  const wrong: [string, string, RegExp][] = [
    ['an unknown key', 'groups: [{name: web, sise: 3}]', /^fleet\.yaml: groups\.0: Unrecognized key: "sise"$/],
    [
      'an unknown trait',
      'groups: [{name: web, traits: [unhealty]}]',
      /^fleet\.yaml: groups\.0\.traits\.0\.trait: there is no such trait; there are phoenix, /,
    ],
    ['a missing name', 'groups: [{size: 3}]', /^fleet\.yaml: groups\.0\.name: is missing$/],
    ['a duration without a unit', 'groups: [{name: web, grace: soon}]', /groups\.0\.grace: must be a duration like 500ms/],
    ['a size out of bounds', 'groups: [{name: web, size: 3, maximum: 2}]', /groups\.0: size must lie between minimum and maximum$/],
    ['a doubled name', 'groups: [{name: web}, {name: web}]', /groups\.1\.name: there is already a group web in this region$/],
    [
      'an account that is not listed',
      'groups: [{name: web, account: "111122223333"}]',
      /groups\.0\.account: 111122223333 is not under accounts$/,
    ],
    ['a region that is not listed', 'groups: [{name: web, region: mars-1}]', /groups\.0\.region: mars-1 is not under regions$/],
    ['an account id that is a number', 'accounts: [{id: 123456789012}]', /accounts\.0\.id: /],
    ['a malformed fault', 'faults: [{kind: denied, rate: 2}]', /faults\.0\.rate: /],
    ['broken YAML', 'groups: [', /^fleet\.yaml: .*line 1/s],
  ]
  for (const [what, text, message] of wrong)
    it(`is refused for ${what}, with the place and what is wrong`, () => assert.match(mistakes(text), message))

  it('names every mistake at once', () => {
    assert.equal(mistakes('groups: [{size: 3}, {name: web, sise: 3}]').split('\n').length, 2)
  })

  it('builds groups that share a name in several regions and accounts', () => {
    const world = createWorld({
      accounts: [{ id: '123456789012' }, { id: '111122223333' }],
      regions: ['eu-west-1', 'us-east-1'],
      groups: [{ name: 'web' }, { name: 'web', account: '111122223333' }, { name: 'web', region: 'us-east-1', traits: ['unhealthy'] }],
    })
    assert.equal(world.truth('aws:123456789012/us-east-1/asg/web').outcome, 'snowflake')
    assert.equal(world.truth('aws:111122223333/eu-west-1/asg/web').outcome, 'phoenix')
    assert.throws(() => world.truth('web'), /several groups web; use aws:123456789012\/eu-west-1\/asg\/web/)
    assert.throws(() => world.truth('nobody'), /has no group nobody/)
  })
})
