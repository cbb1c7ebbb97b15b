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

  const web = (more: string) => `groups: [{name: web, ${more}}]`
  const wrong: [string, string, string][] = [
    ['an unknown key', web('sise: 3'), '1:22: unknown key "sise" in groups[0]\n    Did you mean "size"?'],
    ['an unknown trait', web('traits: [unhealty]'), '1:31: groups[0].traits[0] cannot be "unhealty"\n    Did you mean "unhealthy"?'],
    [
      'an unknown trait with details',
      web('traits: [{trait: unhealty, when: start}]'),
      '1:39: groups[0].traits[0].trait cannot be "unhealty"\n    Did you mean "unhealthy"?',
    ],
    [
      'a wrong detail of a trait',
      web('traits: [{trait: slow, boot: long}]'),
      '1:51: groups[0].traits[0].boot must be a duration such as 500ms, 2s, 10m, 1h or 14d, not "long"',
    ],
    ['a missing name', 'groups: [{size: 3}]', '1:10: groups[0].name is missing\n    Write a text.'],
    ['a text for a number', 'groups:\n  - name: web\n    size: three\n', '3:11: groups[0].size must be a number, not "three"'],
    ['half a member', web('size: 1.5'), '1:28: groups[0].size must be a whole number, not 1.5'],
    ['a share below nothing', web('spotPercentage: -1'), '1:38: groups[0].spotPercentage must be at least 0, not -1'],
    [
      'a duration without a unit',
      web('grace: soon'),
      '1:29: groups[0].grace must be a duration such as 500ms, 2s, 10m, 1h or 14d, not "soon"',
    ],
    ['a size out of bounds', web('size: 3, maximum: 2'), '1:10: size must lie between minimum and maximum'],
    ['a doubled name', 'groups: [{name: web}, {name: web}]', '1:30: there is already a group web in this region'],
    ['an account that is not listed', web('account: "111122223333"'), '1:31: 111122223333 is not under accounts'],
    ['a region that is not listed', web('region: mars-1'), '1:30: mars-1 is not under regions'],
    [
      'an account id that is a number',
      'accounts: [{id: 123456789012}]',
      '1:17: accounts[0].id must be an AWS account id of 12 digits in quotes such as "123456789012", not 123456789012',
    ],
    ['a fault that is too frequent', 'faults: [{kind: denied, rate: 2}]', '1:31: faults[0].rate must be at most 1, not 2'],
    ['an unknown fault', 'faults: [{kind: throtling}]', '1:17: faults[0].kind cannot be "throtling"\n    Did you mean "throttling"?'],
    [
      'a trait that makes no sense there',
      'gcp: {groups: [{name: web, traits: [{trait: owned, by: ecs}]}]}',
      '1:37: owned makes no sense here: ',
    ],
    ['broken YAML', 'groups: [', '1:10: this is not valid YAML: '],
    ['a key that is there twice', 'seed: 1\nseed: 2\n', '2:1: the key "seed" stands here a second time'],
  ]
  for (const [what, text, message] of wrong)
    it(`is refused for ${what}, with line and column and what is wrong`, () => {
      const said = mistakes(text)
      assert.ok(said.startsWith(`fleet.yaml:${message}`), said)
      assert.equal(said.match(/^fleet\.yaml/gm)?.length, 1, said)
    })

  it('names every mistake at once, from top to bottom', () => {
    const said = mistakes('groups: [{name: a, sise: 3}, {name: b, size: x}]\nsped: 2\n')
    assert.deepEqual(said.match(/^fleet\.yaml:\d+:\d+/gm), ['fleet.yaml:1:20', 'fleet.yaml:1:46', 'fleet.yaml:2:1'])
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
