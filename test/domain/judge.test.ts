import assert from 'node:assert/strict'
import fc from 'fast-check'
import { decode, encode } from '../../src/domain/codec.ts'
import type { Candidate, Evidence, Judgement, Tracking } from '../../src/domain/drill.ts'
import type { FindingKind, Verdict } from '../../src/domain/finding.ts'
import type { EventCause, InstanceSnapshot } from '../../src/domain/group.ts'
import { judge } from '../../src/domain/judge.ts'
import { anyEvidence, driftFreeEvidence } from './arbitraries.ts'
import {
  at,
  atDeadline,
  candidate,
  configuration,
  declaration,
  declaredSet,
  event,
  evidence,
  order,
  policy,
  readAfter,
  readBefore,
  tracking,
  victimId,
} from './fixtures.ts'

interface Case {
  readonly when: string
  readonly evidence: Evidence
  readonly verdict: Verdict
  /** Kinds of the findings that decide, and of those that inform. */
  readonly fail?: readonly FindingKind[]
  readonly warn?: readonly FindingKind[]
}

const broken = { category: 'broken', message: 'the image image-1 does not exist' } as const
const stillborn = { health: 'starting', healthyAt: null, recoveredAt: null, gone: { at: at(12), cause: 'unknown', detail: '' } } as const
const retried = [candidate('i-first', stillborn), candidate('i-new', { seenAt: at(13), launchedAt: at(13) })]
const retriedEvents = [
  event('launch-first', { instance: 'i-first', outcome: 'failed', error: broken }),
  event('launch-new', { instance: 'i-new' }),
]
const noRoom = { category: 'capacity', message: 'no room in zone a' } as const
const two = [candidate('i-new'), candidate('i-other')]
const twoConfigurations = { 'i-new': configuration('i-new'), 'i-other': configuration('i-other') }
const newer = declaredSet({ version: 'template:2', source: 'template web version 2', images: ['image-2'] })

/** A victim born from version 1 with image-1 in a group that declares version 2 with image-2. */
function rolled(since: Temporal.Instant | null, launchedAt = at(-40 * 86_400)): Evidence {
  const current = { ...newer, since }
  const now = { ...declaration(), current }
  const seen = readBefore().snapshot
  const instances = seen.instances.map(member => ({ ...member, launchedAt }))
  return evidence({
    order: order({ declarationVersion: 'template:2' }),
    before: readBefore({ declaration: now, snapshot: { ...seen, instances } }),
    tracking: tracking({ declarationVersion: 'template:2' }),
    after: readAfter({ declaration: now, configurations: { 'i-new': configuration('i-new', {}, { image: 'image-2' }) } }),
  })
}

/** The same, where nobody tells since when; a sibling and what the platform promises are as the test says. */
function undated(sibling: Partial<InstanceSnapshot>, crash: 'born' | 'current' = 'current', launchedAt = at(-40 * 86_400)): Evidence {
  const given = rolled(null, launchedAt)
  const { snapshot } = given.before
  const instances = snapshot.instances.map(member => (member.id === 'i-2' ? { ...member, ...sibling } : member))
  const promises = { retire: 'current', crash } as const
  const before = { ...given.before, snapshot: { ...snapshot, instances }, declaration: { ...given.before.declaration, promises } }
  return { ...given, before }
}

/** A group that declares two images, of which one could not be read at one of the two readings. */
function halfDeclared(...times: readonly ('before' | 'after')[]): Evidence {
  const both = declaration({ images: ['image-1', 'image-2'] })
  const half = declaration({ images: ['image-2'], unread: [{ what: 'image', why: 'throttled' }] })
  return evidence({
    before: readBefore({ declaration: times.includes('before') ? half : both }),
    after: readAfter({
      declaration: times.includes('after') ? half : both,
      configurations: { 'i-new': configuration('i-new', {}, { image: times.length === 2 ? 'image-2' : 'image-1' }) },
    }),
  })
}

/** A repair repeats what the victim was born from; that is not among what was read after the soak, and the successor runs another image. */
function repaired(bornFrom: string): Evidence {
  const declared = { ...declaration(), promises: { retire: 'born', crash: 'born' } } as const
  const other = { 'i-new': configuration('i-new', {}, { image: 'image-2' }) }
  return evidence({
    before: readBefore({ declaration: declared }),
    tracking: tracking({ candidates: [candidate('i-new', { bornFrom })] }),
    after: readAfter({ declaration: { ...declared, born: {} }, configurations: other }),
  })
}

/** The same, where the first reading could not tell since when that is declared, and the second could. */
function datedLater(since: Temporal.Instant, images = newer.images): Evidence {
  const undated = rolled(null)
  const declared = undated.before.declaration
  const { configurations } = undated.after
  const read = { declaration: { ...declared, current: { ...declared.current, images, since } }, configurations }
  return { ...undated, after: readAfter(read) }
}

/** The platform launched one for the victim, threw it out since it failed its checks, and launched another, which is well. */
function thrownOut(changes: Partial<Tracking> = {}, cause: EventCause = 'unhealthy'): Evidence {
  const first = candidate('i-first', {
    seenAt: at(12),
    health: 'unhealthy',
    healthyAt: null,
    recoveredAt: null,
    gone: { at: at(200), cause, detail: 'failed its check' },
  })
  const events = [event('launch-first', { instance: 'i-first' }), event('launch-new', { instance: 'i-new' })]
  const next = candidate('i-new', { seenAt: at(220), launchedAt: at(210), healthyAt: at(260), recoveredAt: at(260) })
  const seen = { lookedAt: at(560), observedAt: at(560), wholeAt: at(260), candidates: [first, next], events, ...changes }
  return evidence({ tracking: tracking(seen), after: readAfter({ at: at(560), configurations: { ...twoConfigurations } }) })
}

const cases: readonly Case[] = [
  { when: 'everything is as declared', evidence: evidence(), verdict: 'phoenix' },
  {
    when: 'nothing came and a launch failed for good',
    evidence: atDeadline({ events: [event('e', { outcome: 'failed', error: broken })] }),
    verdict: 'snowflake',
    fail: ['not-replaced'],
  },
  { when: 'nothing came and the platform is silent', evidence: atDeadline({}), verdict: 'snowflake', fail: ['not-replaced'] },
  {
    when: 'there was no capacity',
    evidence: atDeadline({ events: [event('e', { outcome: 'failed', error: noRoom })] }),
    verdict: 'inconclusive',
    fail: ['no-capacity'],
  },
  {
    when: "one launch after the other died before it was ever healthy, by the platform's own account",
    evidence: atDeadline({
      candidates: ['i-new', 'i-newer'].map((id, turn) =>
        candidate(id, {
          seenAt: at(10 + turn),
          health: 'starting',
          healthyAt: null,
          recoveredAt: null,
          gone: { at: at(20 + turn), cause: 'unknown', detail: 'it disappeared' },
        }),
      ),
      events: ['i-new', 'i-newer'].map(id => event(id, { instance: id, outcome: 'failed', error: broken })),
    }),
    verdict: 'snowflake',
    fail: ['not-replaced'],
  },
  {
    when: 'capacity and broken errors mix',
    evidence: atDeadline({
      events: [event('a', { outcome: 'failed', error: broken }), event('b', { at: at(9), outcome: 'failed', error: noRoom })],
    }),
    verdict: 'snowflake',
    fail: ['not-replaced'],
  },
  {
    when: 'a launch was under way at the deadline',
    evidence: atDeadline({ events: [event('e', { outcome: 'in-progress' })] }),
    verdict: 'inconclusive',
    fail: ['late'],
  },
  { when: 'the victim still drained', evidence: atDeadline({ victimDraining: true }), verdict: 'inconclusive', fail: ['late'] },
  { when: 'the victim never left', evidence: atDeadline({ victimGoneAt: null }), verdict: 'inconclusive', fail: ['not-struck'] },
  { when: 'the victim came back', evidence: atDeadline({ victimBackAt: at(20) }), verdict: 'inconclusive', fail: ['not-struck'] },
  { when: 'the group was scaled in', evidence: atDeadline({ desired: 2 }), verdict: 'inconclusive', fail: ['interrupted'] },
  {
    when: 'nobody could look at the deadline',
    evidence: atDeadline({ lookedAt: at(600), unreadableSince: at(605), unreadableWhy: 'access denied' }),
    verdict: 'inconclusive',
    fail: ['unobservable'],
  },
  { when: 'the group was deleted', evidence: atDeadline({ groupGoneAt: at(30) }), verdict: 'inconclusive', fail: ['group-changed'] },
  {
    when: 'the successor still started at the deadline',
    evidence: atDeadline({ candidates: [candidate('i-new', { health: 'starting', healthyAt: null, recoveredAt: null })] }),
    verdict: 'inconclusive',
    fail: ['late'],
  },
  {
    when: 'the successor stayed unhealthy',
    evidence: atDeadline({ candidates: [candidate('i-new', { health: 'unhealthy', healthyAt: null, recoveredAt: null })] }),
    verdict: 'snowflake',
    fail: ['unhealthy'],
  },
  {
    when: 'a probe kept failing',
    evidence: atDeadline({ candidates: [candidate('i-new', { recoveredAt: null, lastProbeFailure: 'port 80 refused' })] }),
    verdict: 'snowflake',
    fail: ['unhealthy'],
  },
  {
    when: "the successor's health could not be read",
    evidence: atDeadline({ candidates: [candidate('i-new', { health: 'unknown', healthyAt: null, recoveredAt: null })] }),
    verdict: 'inconclusive',
    fail: ['unobservable'],
  },
  {
    when: 'one successor after the other is removed as unhealthy and the newest still starts',
    evidence: atDeadline({
      candidates: [
        candidate('i-a', {
          healthyAt: null,
          recoveredAt: null,
          health: 'unhealthy',
          gone: { at: at(400), cause: 'unhealthy', detail: 'failed its check' },
        }),
        candidate('i-b', { seenAt: at(420), health: 'starting', healthyAt: null, recoveredAt: null }),
      ],
    }),
    verdict: 'snowflake',
    fail: ['unhealthy'],
  },
  {
    when: 'the successor failed in the soak',
    evidence: evidence({
      tracking: tracking({ candidates: [candidate('i-new', { health: 'unhealthy', badLooks: 2, failedAt: at(60) })] }),
    }),
    verdict: 'snowflake',
    fail: ['died-young'],
  },
  {
    when: 'the successor was removed as unhealthy in the soak and its own replacement is on its way',
    evidence: evidence({
      tracking: tracking({
        lookedAt: at(90),
        candidates: [
          candidate('i-new', { gone: { at: at(60), cause: 'unhealthy', detail: 'failed its check' } }),
          candidate('i-next', { seenAt: at(80), health: 'starting', healthyAt: null, recoveredAt: null }),
        ],
      }),
    }),
    verdict: 'snowflake',
    fail: ['died-young'],
  },
  {
    when: 'scale-in took the successor',
    evidence: evidence({
      tracking: tracking({ candidates: [candidate('i-new', { gone: { at: at(60), cause: 'scale-in', detail: '' } })] }),
    }),
    verdict: 'inconclusive',
    fail: ['interrupted'],
  },
  {
    when: 'a spot interruption took the first successor and the next one is well',
    evidence: evidence({
      tracking: tracking({
        events: [],
        candidates: [
          candidate('i-taken', { healthyAt: null, recoveredAt: null, gone: { at: at(20), cause: 'interruption', detail: '' } }),
          candidate('i-new'),
        ],
      }),
    }),
    verdict: 'phoenix',
  },
  {
    when: 'a spot interruption took a successor that was well, and the one after it was starting when that ended the drill',
    evidence: evidence({
      tracking: tracking({
        events: [],
        lookedAt: at(80),
        wholeAt: null,
        candidates: [
          candidate('i-taken', { gone: { at: at(60), cause: 'interruption', detail: '' } }),
          candidate('i-next', { seenAt: at(80), health: 'starting', healthyAt: null, recoveredAt: null }),
        ],
      }),
    }),
    verdict: 'inconclusive',
    fail: ['interrupted'],
  },
  {
    when: 'one bad look ended the soak and nobody looked again',
    evidence: evidence({ tracking: tracking({ candidates: [candidate('i-new', { health: 'unhealthy', badLooks: 1 })] }) }),
    verdict: 'inconclusive',
    fail: ['unobservable'],
  },
  {
    when: 'the end of the soak was not seen',
    evidence: evidence({ tracking: tracking({ lookedAt: at(200), unreadableSince: at(210), unreadableWhy: 'throttled' }) }),
    verdict: 'inconclusive',
    fail: ['unobservable'],
  },
  {
    when: 'the successor runs another image',
    evidence: evidence({ after: readAfter({ configurations: { 'i-new': configuration('i-new', {}, { image: 'image-9' }) } }) }),
    verdict: 'snowflake',
    fail: ['wrong-image'],
  },
  {
    when: 'the image moved under the same version between strike and soak',
    evidence: evidence({
      after: readAfter({
        declaration: declaration({ images: ['image-2'] }),
        configurations: { 'i-new': configuration('i-new', {}, { image: 'image-2' }) },
      }),
    }),
    verdict: 'phoenix',
  },
  {
    when: 'the image is not the declared one and the declaration could not be read again',
    evidence: evidence({
      after: readAfter({
        declaration: null,
        declarationWhy: 'throttled',
        configurations: { 'i-new': configuration('i-new', {}, { image: 'image-2' }) },
      }),
    }),
    verdict: 'inconclusive',
    fail: ['unobservable'],
  },
  {
    when: 'a repair repeats the version that the victim was born from',
    evidence: ((): Evidence => {
      const old = rolled(at(-3 * 86_400))
      const promises = { retire: 'born', crash: 'born' } as const
      return {
        ...old,
        before: { ...old.before, declaration: { ...old.before.declaration, promises } },
        after: readAfter({ declaration: old.after.declaration }),
      }
    })(),
    verdict: 'phoenix',
    warn: ['stale-image', 'outdated'],
  },
  {
    when: 'the victim lags behind a young declaration',
    evidence: rolled(at(-3 * 86_400)),
    verdict: 'phoenix',
    warn: ['stale-image', 'outdated'],
  },
  {
    when: 'the victim lags behind an old declaration',
    evidence: rolled(at(-20 * 86_400)),
    verdict: 'snowflake',
    fail: ['stale-image'],
    warn: ['outdated'],
  },
  {
    when: 'since when is unknown and the victim is young',
    evidence: rolled(null, at(-86_400)),
    verdict: 'phoenix',
    warn: ['stale-image', 'outdated'],
  },
  {
    when: 'since when is unknown and the victim is old',
    evidence: rolled(null),
    verdict: 'inconclusive',
    fail: ['unobservable'],
    warn: ['stale-image', 'outdated'],
  },
  {
    when: "since when is unknown, the victim is old, and a sibling was launched with the victim's image not long ago",
    evidence: undated({ launchedAt: at(-3 * 86_400) }),
    verdict: 'phoenix',
    warn: ['stale-image', 'outdated'],
  },
  {
    when: 'since when is unknown, and a sibling was launched with another image not long ago',
    evidence: undated({ launchedAt: at(-3 * 86_400), image: 'image-2' }),
    verdict: 'inconclusive',
    fail: ['unobservable'],
    warn: ['stale-image', 'outdated'],
  },
  {
    when: 'since when is unknown, and a sibling came out of a warm pool not long ago',
    evidence: undated({ launchedAt: at(-3 * 86_400), origin: 'pre-built' }),
    verdict: 'inconclusive',
    fail: ['unobservable'],
    warn: ['stale-image', 'outdated'],
  },
  {
    when: 'since when is unknown, the victim is young, and the platform makes lost members again from what they were born from',
    evidence: undated({}, 'born', at(-86_400)),
    verdict: 'inconclusive',
    fail: ['unobservable'],
    warn: ['stale-image', 'outdated'],
  },
  {
    when: "one of two declared images could not be read before the strike, and the victim's is none of those read",
    evidence: halfDeclared('before'),
    verdict: 'inconclusive',
    fail: ['unobservable'],
  },
  {
    when: "one of two declared images could not be read after the soak, and the successor's was declared before",
    evidence: halfDeclared('after'),
    verdict: 'phoenix',
  },
  {
    when: 'one of two declared images could never be read, and the victim runs none of those read',
    evidence: halfDeclared('before', 'after'),
    verdict: 'inconclusive',
    fail: ['unobservable'],
  },
  {
    when: 'one of two declared images could not be read after the soak, and the successor runs one that was not declared before',
    evidence: ((): Evidence => {
      const half = halfDeclared('after')
      return { ...half, after: { ...half.after, configurations: { 'i-new': configuration('i-new', {}, { image: 'image-3' }) } } }
    })(),
    verdict: 'inconclusive',
    fail: ['unobservable'],
  },
  {
    when: 'the image is not what the victim was born from, which a repair repeats and could not be read again',
    evidence: repaired('template:1'),
    verdict: 'inconclusive',
    fail: ['unobservable'],
  },
  {
    when: 'the successor is not born from what the victim was born from and a repair repeats, so that no member is any more',
    evidence: repaired('template:2'),
    verdict: 'snowflake',
    fail: ['wrong-image'],
  },
  {
    when: 'since when is told only after the strike, and the declaration is young',
    evidence: datedLater(at(-3 * 86_400)),
    verdict: 'phoenix',
    warn: ['stale-image', 'outdated'],
  },
  {
    when: 'since when is told only after the strike, and the declaration is old',
    evidence: datedLater(at(-20 * 86_400)),
    verdict: 'snowflake',
    fail: ['stale-image'],
    warn: ['outdated'],
  },
  {
    when: 'since when is told only after the strike, and that is later than the strike',
    evidence: datedLater(at(1)),
    verdict: 'inconclusive',
    fail: ['unobservable'],
    warn: ['stale-image', 'outdated'],
  },
  {
    when: 'since when is told only after the strike, of an image that has moved meanwhile',
    evidence: datedLater(at(-3 * 86_400), ['image-2', 'image-3']),
    verdict: 'inconclusive',
    fail: ['unobservable'],
    warn: ['stale-image', 'outdated'],
  },
  {
    when: 'the victim had a security group added by hand',
    evidence: evidence({ before: readBefore({ victim: configuration(victimId, { securityGroups: ['sg-1', 'sg-2', 'sg-9'] }) }) }),
    verdict: 'snowflake',
    fail: ['config-drift'],
  },
  {
    when: 'the victim had drifted and the successor was interrupted',
    evidence: evidence({
      before: readBefore({ victim: configuration(victimId, { type: 'tiny' }) }),
      tracking: tracking({ candidates: [candidate('i-new', { gone: { at: at(60), cause: 'interruption', detail: '' } })] }),
    }),
    verdict: 'snowflake',
    fail: ['interrupted', 'config-drift'],
  },
  {
    when: 'a setting left open differs between victim and successor',
    evidence: evidence({
      before: readBefore({ victim: configuration(victimId, { 'notes/a': 'x' }) }),
      after: readAfter({ configurations: { 'i-new': configuration('i-new', { 'notes/a': 'y' }) } }),
    }),
    verdict: 'snowflake',
    fail: ['config-drift'],
  },
  {
    when: 'an account default moved',
    evidence: evidence({ after: readAfter({ configurations: { 'i-new': configuration('i-new', { subnet: 'b' }) } }) }),
    verdict: 'phoenix',
    warn: ['environment-changed'],
  },
  {
    when: 'a tag was added by hand',
    evidence: evidence({ before: readBefore({ victim: configuration(victimId, { 'tags/note': 'keep' }) }) }),
    verdict: 'phoenix',
    warn: ['config-drift'],
  },
  {
    when: 'victim and successor have different members of a declared set',
    evidence: evidence({ after: readAfter({ configurations: { 'i-new': configuration('i-new', { type: 'xlarge' }) } }) }),
    verdict: 'phoenix',
  },
  {
    when: 'a launch failed and was tried again, and what came of it fills the group',
    evidence: evidence({ tracking: tracking({ candidates: retried, events: retriedEvents }) }),
    verdict: 'phoenix',
  },
  {
    when: 'a launch failed and another came up, and the group is still short: they may be for two losses',
    evidence: evidence({ tracking: tracking({ candidates: retried, events: retriedEvents, wholeAt: null }) }),
    verdict: 'inconclusive',
    fail: ['unobservable'],
    warn: ['not-replaced'],
  },
  {
    when: 'launches go on failing, and the platform has forgotten why one of those before failed',
    evidence: evidence({
      tracking: tracking({
        candidates: [candidate('i-first', stillborn), candidate('i-next', { ...stillborn, seenAt: at(13), launchedAt: at(13) })],
        events: [event('launch-next', { instance: 'i-next', outcome: 'failed', error: broken })],
        wholeAt: null,
      }),
    }),
    verdict: 'snowflake',
    fail: ['not-replaced'],
  },
  {
    when: 'launches go on failing several times a second, and the platform has forgotten why each of those failed that were seen',
    evidence: evidence({
      tracking: tracking({
        candidates: [candidate('i-first', stillborn), candidate('i-next', { ...stillborn, seenAt: at(13), launchedAt: at(13) })],
        events: [event('launch-last', { instance: 'i-never-seen', outcome: 'failed', error: broken })],
        wholeAt: null,
      }),
    }),
    verdict: 'snowflake',
    fail: ['not-replaced'],
  },
  {
    when: 'something lived inside the victim',
    evidence: evidence({
      policy: policy({ fingerprint: { kind: 'files', settings: {} } }),
      before: readBefore({ fingerprint: { 'etc/cron.d/fix': 'abc', 'etc/hosts': 'h' } }),
      after: readAfter({ fingerprints: { 'i-new': { 'etc/hosts': 'h' } } }),
    }),
    verdict: 'snowflake',
    fail: ['state-drift'],
  },
  {
    when: 'an asked-for fingerprint could not be taken',
    evidence: evidence({ policy: policy({ fingerprint: { kind: 'files', settings: {} } }), before: readBefore({ fingerprint: {} }) }),
    verdict: 'inconclusive',
    fail: ['unobservable'],
  },
  {
    when: 'the declaration changed during the drill',
    evidence: evidence({ tracking: tracking({ declarationVersion: 'template:2' }) }),
    verdict: 'inconclusive',
    fail: ['group-changed'],
  },
  {
    when: 'the declaration changed and the successor drifted',
    evidence: evidence({
      after: readAfter({
        declaration: { ...declaration(), current: newer },
        configurations: { 'i-new': configuration('i-new', { type: 'tiny' }) },
      }),
    }),
    verdict: 'inconclusive',
    fail: ['group-changed'],
  },
  {
    when: 'the declaration changed and nothing came up',
    evidence: atDeadline({ declarationVersion: 'template:2', events: [event('e', { outcome: 'failed', error: broken })] }),
    verdict: 'snowflake',
    fail: ['not-replaced'],
  },
  {
    when: "the successor's configuration could not be read",
    evidence: evidence({ after: readAfter({ configurations: {} }) }),
    verdict: 'inconclusive',
    fail: ['unobservable'],
  },
  {
    when: 'a declared setting of the successor could not be read',
    evidence: evidence({
      after: readAfter({
        configurations: {
          'i-new': {
            ...configuration('i-new'),
            values: { type: 'large', 'volumes/xvda/size': 8, subnet: 'a' },
            unread: [{ what: 'securityGroups', why: 'access denied' }],
          },
        },
      }),
    }),
    verdict: 'inconclusive',
    fail: ['unobservable'],
  },
  {
    when: 'the successor was thrown out by its checks, and what came for it is well',
    evidence: thrownOut(),
    verdict: 'snowflake',
    fail: ['unhealthy'],
  },
  {
    when: 'the successor was well, was thrown out by its checks before anybody looked again, and what came for it is well',
    evidence: thrownOut({
      candidates: thrownOut().tracking.candidates.map(one => ({ ...one, healthyAt: at(60), recoveredAt: at(60) })),
    }),
    verdict: 'snowflake',
    fail: ['died-young'],
  },
  {
    when: 'the launch failed, by the word of the platform, of one that it threw out, and what came for it is well',
    evidence: thrownOut({
      events: [
        event('launch-first', { instance: 'i-first', outcome: 'failed', error: broken }),
        event('launch-new', { instance: 'i-new' }),
      ],
    }),
    verdict: 'phoenix',
  },
  ...(
    [
      ['nobody says why it went', thrownOut({}, 'unknown')],
      ['the platform does not say what the next was launched for', thrownOut({ events: [event('launch-first', { instance: 'i-first' })] })],
      ['the group is not whole', thrownOut({ wholeAt: null })],
      ['others changed its size', thrownOut({ desired: 2 })],
      [
        'another member was lost as well',
        thrownOut({
          candidates: [...thrownOut().tracking.candidates, candidate('i-other', { seenAt: at(230) })],
          events: [...thrownOut().tracking.events, event('launch-other', { instance: 'i-other' })],
        }),
      ],
      [
        'the next was there before it went',
        thrownOut({ candidates: thrownOut().tracking.candidates.map(one => ({ ...one, seenAt: at(12) })) }),
      ],
    ] as const
  ).map(
    ([why, given]): Case => ({
      when: `the first of two was thrown out, the other is well, and ${why}`,
      evidence: given,
      verdict: 'inconclusive',
      fail: ['unobservable'],
      warn: ['unhealthy'],
    }),
  ),
  {
    when: 'two possible successors both pass',
    evidence: evidence({ tracking: tracking({ events: [], candidates: two }), after: readAfter({ configurations: twoConfigurations }) }),
    verdict: 'phoenix',
  },
  {
    when: 'two possible successors disagree',
    evidence: evidence({
      tracking: tracking({ events: [], candidates: two }),
      after: readAfter({ configurations: { ...twoConfigurations, 'i-other': configuration('i-other', { type: 'tiny' }) } }),
    }),
    verdict: 'inconclusive',
    fail: ['unobservable'],
    warn: ['config-drift'],
  },
  {
    when: 'the group grew, is not back at its size, and no cause is known',
    evidence: evidence({ tracking: tracking({ events: [], desired: 4, wholeAt: null }) }),
    verdict: 'inconclusive',
    fail: ['unobservable'],
  },
  {
    when: 'a member that came for another reason took the place',
    evidence: atDeadline({
      candidates: [candidate('i-new')],
      events: [event('e', { instance: 'i-new', cause: 'deployment' })],
      wholeAt: at(60),
    }),
    verdict: 'inconclusive',
    fail: ['interrupted'],
  },
  {
    when: 'the group was whole without the victim, and launched nothing',
    evidence: atDeadline({ wholeAt: at(5) }),
    verdict: 'inconclusive',
    fail: ['interrupted'],
  },
  {
    when: 'it was slow, came from a warm pool and only "running" vouches for it',
    evidence: evidence({
      policy: policy({ target: 10_000 }),
      tracking: tracking({ candidates: [candidate('i-new', { origin: 'pre-built', independentlyHealthy: false })] }),
    }),
    verdict: 'phoenix',
    warn: ['slow', 'pre-built', 'health-unproven'],
  },
]

/** It recovered in 30 s at the latest, and looks were missed since `after`. */
const unseen = (after: number, target: number): Evidence =>
  evidence({
    policy: policy({ target: target * 1000 }),
    tracking: tracking({ candidates: [candidate('i-new', { recoveredAfter: at(after) })] }),
  })

describe('judge', () => {
  it('calls nothing slow whose first successor was taken by others, and says whose time that is', () => {
    const told = (gone: Candidate['gone'], recovered: number, events: Tracking['events'] = []) => {
      const first = candidate('i-first', { healthyAt: null, recoveredAt: null, gone })
      const next = candidate('i-new', { seenAt: at(21), healthyAt: at(recovered), recoveredAt: at(recovered) })
      const given = evidence({
        tracking: tracking({ events, candidates: [first, next], lookedAt: at(560), observedAt: at(560) }),
        policy: policy({ target: 30_000 }),
      })
      const { verdict, findings, notCompared } = judge(given)
      return {
        verdict,
        slow: findings.some(one => one.kind === 'slow'),
        recovery: notCompared.find(one => one.what === 'recovery')?.why ?? null,
      }
    }
    assert.deepEqual(told({ at: at(20), cause: 'interruption', detail: 'a notice' }, 40), {
      verdict: 'phoenix',
      slow: false,
      recovery:
        'whether the target of 30 s can be met cannot be told: the first successor i-first was taken by interruption (a notice), and the next had recovered 40 s after the strike',
    })
    assert.deepEqual(told({ at: at(20), cause: 'interruption', detail: '' }, 25), { verdict: 'phoenix', slow: false, recovery: null })
    assert.deepEqual(told({ at: at(22), cause: 'interruption', detail: '' }, 40), { verdict: 'phoenix', slow: true, recovery: null })
    const stranger = [event('launch-first', { instance: 'i-first', cause: 'scale-out' })]
    assert.deepEqual(told({ at: at(20), cause: 'scale-in', detail: '' }, 40, stranger), { verdict: 'phoenix', slow: true, recovery: null })
  })

  it('calls nothing slow where looks were missed, unless it was slow at the least, and says what cannot be told', () => {
    const told = (after: number, target: number) => {
      const { verdict, findings, notCompared } = judge(unseen(after, target))
      return { verdict, slow: findings.map(one => one.summary), recovery: notCompared.find(one => one.what === 'recovery')?.why ?? null }
    }
    assert.deepEqual(told(5, 10), {
      verdict: 'phoenix',
      slow: [],
      recovery:
        'whether the target of 10 s was met cannot be told: it recovered between 5 s and 30 s after the strike, and no look in between could tell',
    })
    assert.deepEqual(told(12, 10), {
      verdict: 'phoenix',
      slow: ['the successor i-new took between 12 s and 30 s to recover, the target is 10 s'],
      recovery: null,
    })
    assert.deepEqual(told(5, 40), { verdict: 'phoenix', slow: [], recovery: null })
  })

  for (const { when, evidence: given, verdict, fail = [], warn = [] } of cases) {
    it(`says ${verdict} when ${when}`, () => {
      const judged = judge(given)
      const kinds = (level: 'fail' | 'warn'): FindingKind[] => judged.findings.filter(one => one.level === level).map(one => one.kind)
      assert.deepEqual({ verdict: judged.verdict, fail: kinds('fail'), warn: kinds('warn') }, { verdict, fail, warn })
    })
  }

  it('lists what was proven, and what nobody compared', () => {
    assert.deepEqual(judge(evidence()).proven, ['replaced', 'health', 'image', 'configuration'])
    assert.deepEqual(
      judge(evidence()).notCompared.map(one => one.what),
      ['state'],
    )
    const inside = evidence({
      policy: policy({ fingerprint: { kind: 'files', settings: {} } }),
      before: readBefore({ fingerprint: { a: '1' } }),
      after: readAfter({ fingerprints: { 'i-new': { a: '1' } } }),
    })
    assert.deepEqual(judge(inside).proven, ['replaced', 'health', 'image', 'configuration', 'state'])
  })

  it('does not claim the configuration as proven where an open setting could not be read', () => {
    const unread = [{ what: 'notes/a', why: 'access denied' }]
    const judged = judge(evidence({ before: readBefore({ victim: configuration(victimId, {}, { unread }) }) }))
    assert.equal(judged.verdict, 'phoenix')
    assert.deepEqual(judged.proven, ['replaced', 'health', 'image'])
    assert.ok(judged.notCompared.some(one => one.what === 'notes/a'))
  })

  it("carries the provider's own error", () => {
    const judged = judge(atDeadline({ events: [event('e', { outcome: 'failed', error: broken })] }))
    assert.match(judged.findings[0]?.summary ?? '', /the image image-1 does not exist/)
  })

  it('names the successor that failed, not one that passed', () => {
    const given = evidence({ after: readAfter({ configurations: { 'i-new': configuration('i-new', { type: 'tiny' }) } }) })
    assert.equal(judge(given).successor, 'i-new')
    assert.equal(judge(atDeadline({})).successor, null)
  })

  it('makes one finding of a crash loop, however many generations of it were seen, in whatever order', () => {
    const generation = fc.record({
      end: fc.constantFrom('died young', 'removed', 'failed', 'starting'),
      lived: fc.integer({ min: 0, max: 40 }),
      // No look in between: it was there and gone when the next was seen.
      missed: fc.boolean(),
    })
    fc.assert(
      fc.property(
        fc.constantFrom('died young', 'removed', 'failed'),
        fc.array(generation, { maxLength: 12 }),
        fc.func(fc.integer()),
        (end, others, order_) => {
          const loop = crashLoop([{ end, lived: 5, missed: false }, ...others])
          const candidates = [...loop].sort((a, b) => order_(a.id) - order_(b.id))
          const judged = judge(evidence({ tracking: tracking({ candidates, wholeAt: null, lookedAt: at(900) }) }))
          const kind = end === 'removed' ? 'unhealthy' : 'died-young'
          assert.deepEqual([judged.verdict, judged.successor], ['snowflake', 'i-000'])
          assert.deepEqual(
            judged.findings.filter(one => one.level === 'fail').map(one => one.kind),
            [kind],
          )
        },
      ),
    )
  })

  it('says how often a crash loop went round', () => {
    const loop = (generations: number) =>
      crashLoop(Array.from({ length: generations }, () => ({ end: 'died young', lived: 6, missed: false })))
    const summary = (generations: number) => judge(evidence({ tracking: tracking({ candidates: loop(generations) }) })).findings[0]?.summary
    assert.match(summary(1) ?? '', /i-000 was healthy and then was gone during the soak: exit 1$/)
    assert.match(summary(2) ?? '', /; one more came after it and failed as well$/)
    assert.match(summary(4) ?? '', /; 3 more came after it and failed as well$/)
  })

  it('keeps two findings of two that failed side by side: neither repeats the other', () => {
    const both = crashLoop([{ end: 'died young', lived: 6, missed: false }]).flatMap(one => [
      one,
      { ...one, id: 'i-other', name: 'i-other' },
    ])
    const judged = judge(evidence({ tracking: tracking({ candidates: both, wholeAt: null }) }))
    assert.deepEqual(
      judged.findings.map(({ kind }) => kind),
      ['died-young', 'died-young'],
    )
  })

  it('is total and deterministic, and judges stored evidence the same', () => {
    fc.assert(
      fc.property(anyEvidence(), given => {
        const judged = judge(given)
        assert.deepEqual(judge(given), judged)
        assert.deepEqual(judge(decode<Evidence>(encode(given))), judged)
        assert.ok(['phoenix', 'snowflake', 'inconclusive'].includes(judged.verdict))
        // A verdict other than phoenix has a reason that decides; a phoenix has none.
        assert.equal(
          judged.findings.some(one => one.level === 'fail'),
          judged.verdict !== 'phoenix',
        )
      }),
      { numRuns: 1000 },
    )
  })

  it('never says phoenix when something it needs is unread', () => {
    fc.assert(
      fc.property(anyEvidence(), fc.constantFrom(...blindfolds), (given, blindfold) => {
        assert.notEqual(judge(blindfold(given)).verdict, 'phoenix')
      }),
      { numRuns: 500 },
    )
    // Also where nothing else stands in the way of a phoenix.
    for (const blindfold of blindfolds) assert.equal(judge(blindfold(evidence())).verdict, 'inconclusive')
  })

  it('proves no configuration where the schedule ignores every setting, and says so', () => {
    const ignoring = (...ignore: string[]) => judge(evidence({ policy: policy({ drift: { ignore, warn: [] } }) }))
    const nothing = ignoring('**')
    assert.deepEqual([nothing.verdict, nothing.proven.includes('configuration')], ['phoenix', false])
    assert.deepEqual(
      nothing.notCompared.filter(({ what }) => what === 'configuration'),
      [{ what: 'configuration', why: 'the schedule ignores **' }],
    )
    assert.ok(!ignoring('*', '*/**').proven.includes('configuration'))
    assert.ok(ignoring('securityGroups', 'volumes/**').proven.includes('configuration'))
  })

  it('never says snowflake when the only differences are ignored or differ by design', () => {
    fc.assert(
      fc.property(driftFreeEvidence(), given => {
        const judged: Judgement = judge(given)
        assert.equal(judged.verdict, 'phoenix', JSON.stringify(judged.findings))
      }),
      { numRuns: 500 },
    )
  })
})

interface Generation {
  readonly end: string
  readonly lived: number
  readonly missed: boolean
}

/** Members of one slot that follow each other, as looks see them. */
function crashLoop(generations: readonly Generation[]): Candidate[] {
  let seconds = 10
  return generations.map(({ end, lived, missed }, turn) => {
    const id = `i-${String(turn).padStart(3, '0')}`
    const born = seconds
    const ends = born + lived
    seconds = ends + 1
    const seenAt = at(missed ? ends : born)
    const launchedAt = at(born)
    const recovered = { healthyAt: seenAt, recoveredAt: seenAt }
    const never = { health: 'starting', healthyAt: null, recoveredAt: null } as const
    const gone = { at: at(ends), cause: 'unknown', detail: 'exit 1' } as const
    if (end === 'starting') return candidate(id, { seenAt, launchedAt, ...never })
    if (end === 'removed') return candidate(id, { seenAt, launchedAt, ...never, gone })
    if (end === 'failed') return candidate(id, { seenAt, launchedAt, ...recovered, health: 'unhealthy', badLooks: 2, failedAt: at(ends) })
    return candidate(id, { seenAt, launchedAt, ...recovered, gone })
  })
}

const blindfolds: readonly ((given: Evidence) => Evidence)[] = [
  given => ({ ...given, after: { ...given.after, configurations: {} } }),
  given => ({
    ...given,
    tracking: { ...given.tracking, candidates: given.tracking.candidates.map(one => ({ ...one, image: null })) },
    after: {
      ...given.after,
      configurations: Object.fromEntries(Object.entries(given.after.configurations).map(([id, one]) => [id, { ...one, image: null }])),
    },
  }),
  given => ({
    ...given,
    order: { ...given.order, victim: { ...given.order.victim, image: null } },
    before: { ...given.before, victim: { ...given.before.victim, image: null } },
  }),
  given => ({ ...given, tracking: { ...given.tracking, lookedAt: null } }),
  given => ({ ...given, tracking: { ...given.tracking, groupGoneAt: given.tracking.struckAt } }),
  given => ({
    ...given,
    policy: { ...given.policy, fingerprint: { kind: 'files', settings: {} } },
    before: { ...given.before, fingerprint: null },
  }),
  given => ({
    ...given,
    before: { ...given.before, declaration: { ...given.before.declaration, current: { ...given.before.declaration.current, images: [] } } },
  }),
  given => ({
    ...given,
    after: {
      ...given.after,
      configurations: Object.fromEntries(
        Object.entries(given.after.configurations).map(([id, one]) => [
          id,
          { ...one, values: {}, unread: Object.keys(given.before.declaration.current.values).map(what => ({ what, why: 'denied' })) },
        ]),
      ),
    },
  }),
]
