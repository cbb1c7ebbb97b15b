import assert from 'node:assert/strict'
import fc from 'fast-check'
import {
  compareFingerprints,
  compareInstances,
  compareWithDeclaration,
  type DriftOptions,
  driftOptions,
  victimDrift,
} from '../../src/domain/drift.ts'
import type { Value } from '../../src/domain/finding.ts'
import { configuration, declaration, declaredSet, policy, readBefore, victimId } from './fixtures.ts'

const none: DriftOptions = { ignore: [], warn: [] }

function victimFindings(values: Parameters<typeof configuration>[1], options = none) {
  return compareWithDeclaration(configuration(victimId, values), declaredSet(), { ...options, subject: 'victim' })
}

describe('comparing with a declaration', () => {
  it('finds nothing where every value is one of those declared, open, or absent as it should be', () => {
    assert.deepEqual(
      victimFindings({ securityGroups: ['sg-2', 'sg-1'], type: 'xlarge', subnet: 'z', 'notes/x': 1, profile: null, keys: [] }),
      [],
    )
  })

  it('names the member that is too much, and what to do about it', () => {
    assert.deepEqual(victimFindings({ securityGroups: ['sg-1', 'sg-2', 'sg-emergency'] }), [
      {
        kind: 'config-drift',
        level: 'fail',
        path: 'securityGroups',
        expected: ['sg-1', 'sg-2'],
        actual: ['sg-1', 'sg-2', 'sg-emergency'],
        summary:
          'security group sg-emergency was on the victim but is not in template web version 1: add it to the declaration or remove the need for it',
      },
    ])
  })

  it('names the member that is missing', () => {
    const [finding] = victimFindings({ securityGroups: ['sg-1'] })
    assert.match(finding?.summary ?? '', /^security group sg-2 is in template web version 1 but was not on the victim/)
  })

  it('speaks of several members as of several', () => {
    const [extra] = victimFindings({ securityGroups: ['sg-1', 'sg-2', 'sg-8', 'sg-9'] })
    assert.match(extra?.summary ?? '', /^security groups sg-8, sg-9 were on the victim but are not in .*: add them to the declaration/)
    const [missing] = victimFindings({ securityGroups: [] })
    assert.match(missing?.summary ?? '', /^security groups sg-1, sg-2 are in .* but were not on the victim: they were taken away by hand/)
    const [other] = victimFindings({ securityGroups: ['sg-1', 'sg-9'] })
    assert.match(other?.summary ?? '', /^security groups were sg-1, sg-9 on the victim but sg-1, sg-2 in .*: they were changed by hand/)
  })

  it('tells a volume attached by hand as one thing', () => {
    const findings = victimFindings({ 'volumes/xvdf/size': 100, 'volumes/xvdf/type': 'fast', 'volumes/xvdf/encrypted': false })
    assert.deepEqual(
      findings.map(one => [one.path, one.expected, one.actual]),
      [['volumes/xvdf', null, ['encrypted false', 'size 100', 'type fast']]],
    )
    assert.match(findings[0]?.summary ?? '', /^volume xvdf \(.*\) was on the victim but is not in/)
  })

  it('tells a volume that lost all its settings as one thing, and one changed setting by its own path', () => {
    const declared = declaredSet({ values: { 'volumes/xvda/size': [8], 'volumes/xvdb/size': [20], 'volumes/xvdb/type': ['fast'] } })
    const seen = { ...configuration(victimId), values: { 'volumes/xvda/size': 16 } }
    assert.deepEqual(
      compareWithDeclaration(seen, declared, { ...none, subject: 'victim' }).map(one => [one.path, one.actual]),
      [
        ['volumes/xvda/size', 16],
        ['volumes/xvdb', null],
      ],
    )
    const [size] = victimFindings({ 'volumes/xvda/size': 16 })
    assert.match(size?.summary ?? '', /^size of volume xvda was 16 on the victim but 8 in template web version 1/)
  })

  it('calls one member of a list what it is, also where nothing like it is declared', () => {
    const first = (path: string, members: readonly string[]) =>
      victimFindings({ [path]: members })
        .find(one => one.path === path)
        ?.summary.split(' was on')[0]
    assert.deepEqual(
      [first('networks', ['back']), first('capabilities/add', ['SYS_TIME']), first('dns', ['192.0.2.8'])],
      ['network back', 'capability add SYS_TIME', 'dns 192.0.2.8'],
    )
  })

  it('names what is mounted by its whole place, slashes and all, and keeps two places apart', () => {
    const declared = { 'mounts/srv/files/source': ['a'], 'mounts/srv/files/type': ['volume'], 'mounts/srv/other/source': ['b'] }
    const seen = { ...configuration(victimId), values: { 'mounts/srv/other/source': 'c' } }
    const options = { ...none, subject: 'successor' } as const
    const findings = compareWithDeclaration(seen, declaredSet({ values: declared }), options)
    assert.deepEqual(
      findings.map(({ path, summary }) => [path, summary.split(/ is /)[0]]),
      [
        ['mounts/srv/files', 'mount srv/files (source a, type volume)'],
        ['mounts/srv/other/source', 'source of mount srv/other'],
      ],
    )
  })

  it('does not look at what is ignored, by glob or by the name of a whole part, and only tells what warns', () => {
    const values = { 'volumes/xvdf/size': 100, 'volumes/xvdf/type': 'fast', 'tags/a/b': 'x' }
    assert.deepEqual(victimFindings(values, { ignore: ['volumes/**', 'tags/**'], warn: [] }), [])
    assert.deepEqual(victimFindings(values, { ignore: ['volumes/xvdf', 'tags'], warn: [] }), [])
    assert.deepEqual(
      victimFindings(values, { ignore: [], warn: ['tags/**'] }).map(one => [one.path, one.level]),
      [
        ['tags/a/b', 'warn'],
        ['volumes/xvdf', 'fail'],
      ],
    )
  })

  it('blames nothing that could not be read, on either side', () => {
    const blind = {
      ...configuration(victimId),
      values: {},
      unread: ['securityGroups', 'type', 'volumes'].map(what => ({ what, why: 'denied' })),
    }
    assert.deepEqual(compareWithDeclaration(blind, declaredSet(), { ...none, subject: 'victim' }), [])
    const unread = [{ what: 'profile', why: 'denied' }]
    assert.deepEqual(
      compareWithDeclaration(configuration(victimId, { profile: 'p' }), declaredSet({ unread }), { ...none, subject: 'victim' }),
      [],
    )
  })

  it('tells each setting alone where a part is there and lacks or has some of its settings', () => {
    const declared = declaredSet({ values: { 'volumes/xvda/size': [8], 'volumes/xvda/type': ['fast'], 'volumes/xvda/key': ['k'] } })
    const compared = (values: Readonly<Record<string, Value>>) =>
      compareWithDeclaration({ ...configuration(victimId), values }, declared, { ...none, subject: 'victim' }).map(one => one.path)
    // Extra settings of a volume that is declared, beside one that is not.
    const whole = { 'volumes/xvda/size': 8, 'volumes/xvda/type': 'fast', 'volumes/xvda/key': 'k' }
    assert.deepEqual(compared({ ...whole, 'volumes/xvda/a': 1, 'volumes/xvda/b': 2, 'volumes/xvdb/a': 1, 'volumes/xvdb/b': 2 }), [
      'volumes/xvda/a',
      'volumes/xvda/b',
      'volumes/xvdb',
    ])
    // Settings that a volume lacks which is there.
    assert.deepEqual(compared({ 'volumes/xvda/size': 8 }), ['volumes/xvda/key', 'volumes/xvda/type'])
    assert.deepEqual(compared({ profile: 'x' }), ['profile', 'volumes/xvda'])
  })

  it('lists the settings of a whole part sorted, also where their own order is another', () => {
    const [found] = victimFindings({ 'volumes/xvdf/a': 'z', 'volumes/xvdf/a!': 'b' })
    assert.deepEqual(found?.actual, ['a z', 'a! b'])
  })

  it('tells several members of one collection each by its own path', () => {
    assert.deepEqual(
      victimFindings({ 'tags/a': 1, 'tags/b': 2, profile: 'x' }).map(one => [one.path, one.actual]),
      [
        ['profile', 'x'],
        ['tags/a', 1],
        ['tags/b', 2],
      ],
    )
  })

  it('only warns of a whole part where all of it warns', () => {
    const values = { 'volumes/xvdf/size': 100, 'volumes/xvdf/type': 'fast' }
    const level = (warn: readonly string[]) => victimFindings(values, { ignore: [], warn }).map(one => one.level)
    assert.deepEqual(level(['volumes/xvdf/size']), ['fail'])
    assert.deepEqual(level(['volumes/xvdf/size', 'volumes/xvdf/type']), ['warn'])
  })

  it('names the members by the declared set that is nearest, of several', () => {
    const nearest = (sets: readonly Value[], actual: Value) => {
      const declared = declaredSet({ values: { groups: sets } })
      const seen = { ...configuration(victimId), values: { groups: actual } }
      return compareWithDeclaration(seen, declared, { ...none, subject: 'victim' })[0]?.expected
    }
    const sets = [
      ['a', 'b', 'c'],
      ['x', 'y'],
      ['a', 'x'],
    ]
    assert.deepEqual(nearest(sets, ['a', 'b', 'c', 'd']), ['a', 'b', 'c'])
    assert.deepEqual(nearest(sets, ['x', 'y', 'z']), ['x', 'y'])
    assert.deepEqual(nearest(sets, ['a']), ['a', 'x'])
    // As near as another: the one that stands first.
    assert.deepEqual(
      nearest(
        [
          ['a', 'b'],
          ['a', 'c'],
        ],
        ['a'],
      ),
      ['a', 'b'],
    )
    assert.deepEqual(
      nearest(
        [
          ['a', 'b'],
          ['a', 'c'],
        ],
        'one',
      ),
      ['a, b', 'a, c'],
    )
    assert.deepEqual(nearest([['a', 'b'], 'one'], ['a']), ['a, b', 'one'])
  })

  it('takes a tag for a tag, whatever its key', () => {
    assert.deepEqual(
      victimFindings({ 'tags/constructor': 'x' }).map(one => one.path),
      ['tags/constructor'],
    )
  })
})

describe('comparing victim and successor', () => {
  const compare = (victim: Record<string, Value>, successor: Record<string, Value>, successorDeclared = declaredSet()) =>
    compareInstances(configuration(victimId, victim), configuration('i-new', successor), {
      ...none,
      victimDeclared: declaredSet(),
      successorDeclared,
    })

  it('compares only what no declaration decides', () => {
    assert.deepEqual(compare({ type: 'large' }, { type: 'xlarge' }), [])
    assert.deepEqual(
      compare({ 'notes/a': 1 }, { 'notes/a': 2 }).map(one => [one.kind, one.level, one.path, one.expected, one.actual]),
      [['config-drift', 'fail', 'notes/a', 1, 2]],
    )
  })

  it('tells a whole part that only one of them has as one thing', () => {
    const part = { 'notes/x/a': 1, 'notes/x/b': 2 }
    const beside = { 'notes/y/a': 1 }
    assert.deepEqual(
      compare({}, { ...part, ...beside }).map(one => one.path),
      ['notes/x', 'notes/y/a'],
    )
    assert.deepEqual(
      compare({ ...part, ...beside }, beside).map(one => one.path),
      ['notes/x'],
    )
    assert.deepEqual(
      compare({ 'notes/x/c': 3 }, { ...part, 'notes/x/c': 3 }).map(one => one.path),
      ['notes/x/a', 'notes/x/b'],
    )
    assert.deepEqual(
      compare({ ...part, 'notes/x/c': 3 }, { 'notes/x/c': 3 }).map(one => one.path),
      ['notes/x/a', 'notes/x/b'],
    )
  })

  it('calls values by the names that either side knows', () => {
    const named = (id: string, groups: readonly string[], names: Record<string, string>) => ({
      ...configuration(id, { 'notes/g': groups }),
      names,
    })
    const [found] = compareInstances(
      named(victimId, ['sg-1', 'sg-3'], { 'sg-1': 'web' }),
      named('i-new', ['sg-2', 'sg-3'], { 'sg-2': 'sg-2' }),
      {
        ...none,
        victimDeclared: declaredSet(),
        successorDeclared: declaredSet(),
      },
    )
    assert.match(found?.summary ?? '', /: web \(sg-1\) was on the victim only and sg-2 is on the successor only: /)
  })

  it('calls a moved default of the environment a warning', () => {
    assert.deepEqual(
      compare({ subnet: 'a' }, { subnet: 'b' }).map(one => [one.kind, one.level]),
      [['environment-changed', 'warn']],
    )
  })

  it('explains a difference by two versions of the declaration', () => {
    const newer = declaredSet({ version: 'template:2', values: { ...declaredSet().values, 'notes/a': [2] } })
    assert.deepEqual(compare({ 'notes/a': 1 }, { 'notes/a': 2 }, newer), [])
  })

  it('finds nothing between equals, and blames each difference on a path that differs', () => {
    const values = fc.dictionary(
      fc.constantFrom('notes/a', 'notes/b', 'subnet', 'type'),
      fc.constantFrom<Value>(1, 'x', null, ['a', 'b'], ['b', 'a']),
      {
        noNullPrototype: true,
      },
    )
    fc.assert(fc.property(values, same => assert.deepEqual(compare(same, same), [])))
    fc.assert(
      fc.property(values, values, (one, other) => {
        for (const { path } of compare(one, other)) assert.notDeepEqual(one[path ?? ''] ?? 'none', other[path ?? ''] ?? 'nothing')
      }),
    )
  })
})

describe('comparing fingerprints', () => {
  it('tells what lived in the victim, what is new and what changed', () => {
    const findings = compareFingerprints({ a: '1', b: '1', same: '1' }, { b: '2', c: '1', same: '1' }, none)
    assert.deepEqual(
      findings.map(one => [one.kind, one.path, one.expected, one.actual]),
      [
        ['state-drift', 'state/a', '1', null],
        ['state-drift', 'state/b', '1', '2'],
        ['state-drift', 'state/c', null, '1'],
      ],
    )
    assert.deepEqual(compareFingerprints({ 'var/log/x': '1' }, {}, { ignore: ['state/var/log/**'], warn: [] }), [])
  })

  it('lists twenty-five and counts the others, in the order of their names', () => {
    const entries = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, n) => [`e${99 - n}`, '1']))
    const exact = compareFingerprints(entries(25), {}, none)
    assert.equal(exact.length, 25)
    assert.equal(exact[0]?.path, 'state/e75')
    const more = compareFingerprints(entries(26), {}, none)
    assert.equal(more.length, 26)
    assert.deepEqual(more.at(-1), {
      kind: 'state-drift',
      level: 'fail',
      path: 'state',
      expected: null,
      actual: null,
      summary: 'one more entry inside victim and successor differs: see the fingerprints of this drill',
    })
    assert.equal(compareFingerprints(entries(26), {}, { ignore: [], warn: ['state/**'] }).at(-1)?.level, 'warn')
  })

  it('says of a list of changes what was written and what was deleted, for nothing in it is as the image has it', () => {
    const findings = compareFingerprints({ 'bin/tool': 'deleted', 'etc/app.conf': '1' }, { extra: '1' }, { ...none, shows: 'changes' })
    assert.deepEqual(
      findings.map(one => [one.summary.replace(/:.*/, ''), one.actual]),
      [
        ['bin/tool was deleted inside the victim and every rebuild has it', 'as the image has it'],
        ['etc/app.conf was written inside the victim and no rebuild writes it', 'as the image has it'],
      ],
    )
  })

  it('counts what is too much to list, and keeps what decides among the listed', () => {
    const many = Object.fromEntries(Array.from({ length: 100 }, (_, n) => [`etc/${n}`, '1']))
    const findings = compareFingerprints({ ...many, 'zz/one': '1' }, {}, { ignore: [], warn: ['state/etc/**'] })
    assert.equal(findings[0]?.path, 'state/zz/one')
    assert.match(findings.at(-1)?.summary ?? '', /^76 more entries/)
  })
})

describe("the victim's own drift", () => {
  const compared = (before: ReturnType<typeof readBefore>, bornFrom: string | null) =>
    victimDrift(before, bornFrom, driftOptions(policy(), ['id']))
  const drift = (before: ReturnType<typeof readBefore>, bornFrom: string | null) =>
    compared(before, bornFrom).findings?.map(one => [one.path, one.level]) ?? null
  const drifted = readBefore({ victim: configuration(victimId, { type: 'tiny', id: 'x', 'tags/note': 'x' }) })

  it('S13 is what differs from the declaration it was born from', () => {
    assert.deepEqual(drift(readBefore(), 'template:1'), [])
    assert.deepEqual(drift(drifted, 'template:1'), [
      ['tags/note', 'warn'],
      ['type', 'fail'],
    ])
    const current = declaredSet({ version: 'template:2', values: {} })
    assert.deepEqual(drift(readBefore({ declaration: { ...declaration(), current } }), 'template:1'), [])
  })

  it('S13 S10 cannot be told where that declaration is unknown, unless the present one fits anyway', () => {
    for (const unknown of [null, 'template:0', 'constructor']) {
      assert.equal(drift(drifted, unknown), null)
      assert.deepEqual(drift(readBefore(), unknown), [])
    }
    assert.match(compared(drifted, null).why ?? '', /^it differs from what the group declares now, and what it was born from is not told$/)
    assert.match(compared(drifted, 'template:0').why ?? '', /and what it was born from \(template:0\) could not be read$/)
  })

  it('S13 S10 cannot be told where no image, or not every one, of what is declared now could be read', () => {
    const declaring = (images: readonly string[], why: string | null) => {
      const unread = [{ what: 'role', why: 'slow' }, ...(why === null ? [] : [{ what: 'image', why }])]
      const current = declaredSet({ images, unread })
      return readBefore({ declaration: { ...declaration(), current } })
    }
    const told = (before: ReturnType<typeof readBefore>) => compared(before, 'template:1').why
    const runs = readBefore().victim.image ?? ''
    assert.equal(told(declaring([], 'access denied')), 'image is declared and could not be read (access denied)')
    assert.equal(told(declaring(['ami-other'], 'access denied')), 'image is declared and could not be read (access denied)')
    assert.match(told(declaring([], null)) ?? '', /^image is declared and could not be read \(.* names none that is known\)$/)
    assert.equal(told(declaring([runs], 'access denied')), null, 'it runs one of those that were read')
    assert.equal(told(declaring(['ami-other'], null)), null, 'an old image is no secret')
    // What is known to differ is enough to refuse.
    const both = { ...declaring([], 'access denied'), victim: drifted.victim }
    assert.deepEqual(drift(both, 'template:1'), [
      ['tags/note', 'warn'],
      ['type', 'fail'],
    ])
    const gone = victimDrift(declaring([], 'access denied'), 'template:1', { ...driftOptions(policy(), ['id']), isImageGone: true })
    assert.deepEqual(gone, { findings: [], why: null }, 'its forecast says more')
  })

  it('S13 S10 cannot be told where a declared setting could not be read', () => {
    const values = { type: 'large', 'volumes/xvda/size': 8 }
    const unread = [{ what: 'securityGroups', why: 'denied' }]
    assert.equal(drift(readBefore({ victim: { ...configuration(victimId), values, unread } }), 'template:1'), null)
    const two = { ...configuration(victimId), values: { 'volumes/xvda/size': 8 }, unread: [...unread, { what: 'type', why: 'slow' }] }
    const { why } = compared(readBefore({ victim: two }), 'template:1')
    assert.equal(why, 'securityGroups is declared and could not be read (denied), nor could type')
    const note = { ...values, 'tags/note': 'x' }
    assert.equal(drift(readBefore({ victim: { ...configuration(victimId), values: note, unread } }), 'template:1'), null)
    // What is known to differ is enough to refuse.
    const tiny = { ...values, type: 'tiny' }
    assert.deepEqual(drift(readBefore({ victim: { ...configuration(victimId), values: tiny, unread } }), 'template:1'), [['type', 'fail']])
  })
})
