import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import type { Candidate, Evidence, Judgement, Tracking } from '../../src/domain/drill.ts'
import type { Finding } from '../../src/domain/finding.ts'
import type { PlatformFailure } from '../../src/domain/group.ts'
import { judge } from '../../src/domain/judge.ts'
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

/*
 * Whole judgements, word by word, as owners read them: verdict, every sentence, what was proven and what nobody compared.
 * judge.test.ts says which verdict; golden/judgements.txt is what is said with it. `GOLDEN=update` writes what is there now, to be
 * read before it is committed.
 */

const broken: PlatformFailure = { category: 'broken', message: 'the image image-1 does not exist' }
const noRoom: PlatformFailure = { category: 'capacity', message: 'no room in zone a' }
const starting = { health: 'starting', healthyAt: null, recoveredAt: null } as const
const inside = policy({ fingerprint: { kind: 'files', settings: {} } })
const newer = declaredSet({ version: 'template:2', source: 'template web version 2', images: ['image-2'] })

/** Changes of what was seen of a drill that was soaked to its end. */
function soaked(changes: Partial<Tracking>): Evidence {
  return evidence({ tracking: tracking(changes) })
}

/** The only new member, at the deadline. */
function onlyOne(changes: Partial<Candidate>, seen: Partial<Tracking> = {}): Evidence {
  return atDeadline({ candidates: [candidate('i-new', changes)], ...seen })
}

function successorIs(values: Parameters<typeof configuration>[1], changes: Parameters<typeof configuration>[2] = {}): Evidence {
  return evidence({ after: readAfter({ configurations: { 'i-new': configuration('i-new', values, changes) } }) })
}

function victimIs(values: Parameters<typeof configuration>[1], changes: Parameters<typeof configuration>[2] = {}): Evidence {
  return evidence({ before: readBefore({ victim: configuration(victimId, values, changes) }) })
}

/** Several that may each be the successor, for no cause is known. */
function rivals(ids: readonly string[], configurations: Evidence['after']['configurations']): Evidence {
  return evidence({
    tracking: tracking({ events: [], candidates: ids.map(id => candidate(id)) }),
    after: readAfter({ configurations }),
  })
}

/** Born from version 1 with image-1 in a group that has declared version 2 with image-2 for so many days. */
function lagging(days: number | null, launchedDaysAgo = 40): Evidence {
  const current = { ...newer, since: days === null ? null : at(-days * 86_400) }
  const now = { ...declaration(), current }
  const seen = readBefore().snapshot
  const instances = seen.instances.map(member => ({ ...member, launchedAt: at(-launchedDaysAgo * 86_400) }))
  return evidence({
    order: order({ declarationVersion: 'template:2' }),
    before: readBefore({ declaration: now, snapshot: { ...seen, instances } }),
    tracking: tracking({ declarationVersion: 'template:2' }),
    after: readAfter({ declaration: now, configurations: { 'i-new': configuration('i-new', {}, { image: 'image-2' }) } }),
  })
}

/** The platform repeats what the victim was born from. */
function repeating(changes: Partial<Evidence['order']['victim']>, given = evidence()): Evidence {
  const promises = { retire: 'born', crash: 'born' } as const
  return {
    ...given,
    order: order({ ...given.order, victim: { ...given.order.victim, ...changes } }),
    before: { ...given.before, declaration: { ...given.before.declaration, promises } },
  }
}

const failedLaunch = (id: string, seconds: number, error: PlatformFailure, instance: string | null = null) =>
  event(id, { at: at(seconds), instance, outcome: 'failed', error })
const stillborn = (id: string, seconds: number, changes: Partial<Candidate> = {}): Candidate =>
  candidate(id, {
    seenAt: at(seconds),
    launchedAt: at(seconds),
    ...starting,
    gone: { at: at(seconds + 2), cause: 'unknown', detail: 'it disappeared' },
    ...changes,
  })

const cases: Readonly<Record<string, Evidence>> = {
  'everything is as declared': evidence(),

  // Nothing came.
  'the group was deleted': atDeadline({ groupGoneAt: at(30) }),
  'nobody ever looked': atDeadline({ lookedAt: null }),
  'the last look was a second before the deadline': atDeadline({ lookedAt: at(899), unreadableWhy: 'access denied' }),
  'the victim never left': atDeadline({ victimGoneAt: null }),
  'the victim came back': atDeadline({ victimBackAt: at(20) }),
  'the victim never left, and had drifted': {
    ...atDeadline({ victimGoneAt: null }),
    before: readBefore({ victim: configuration(victimId, { type: 'tiny' }) }),
  },
  'the restore gave way': atDeadline({ restore: { state: 'yielded', detail: 'somebody else set the size' } }),
  'the group was scaled in': atDeadline({ desired: 2 }),
  'the group is smaller because the restore has not taken yet': atDeadline({
    desired: 2,
    restore: { state: 'requested', detail: 'asked', requestedAt: at(20) },
  }),
  'a member that came for another reason took the place': atDeadline({
    candidates: [candidate('i-new')],
    events: [event('e', { instance: 'i-new', cause: 'deployment' })],
    wholeAt: at(60),
  }),
  'a member that came for another reason has gone again, and the group is whole without it': atDeadline({
    candidates: [candidate('i-new', { gone: { at: at(30), cause: 'deployment', detail: '' } })],
    events: [event('e', { instance: 'i-new', cause: 'deployment' })],
    wholeAt: at(60),
  }),
  'the group was whole without the victim, and launched nothing': atDeadline({ wholeAt: at(5) }),
  'two launches failed for good': atDeadline({
    events: [failedLaunch('a', 10, { category: 'broken', message: 'no such subnet' }), failedLaunch('b', 20, broken)],
  }),
  'a launch failed for good while the victim still drained': atDeadline({
    events: [failedLaunch('a', 10, broken)],
    victimDraining: true,
  }),
  'the victim still drained': atDeadline({ victimDraining: true }),
  'the restore could not be asked for': atDeadline({ restore: { state: 'waiting', detail: 'the platform is locked' } }),
  'there was no capacity, twice': atDeadline({
    events: [failedLaunch('a', 10, { category: 'quota', message: 'quota of cores is used up' }), failedLaunch('b', 20, noRoom)],
  }),
  'a launch was under way': atDeadline({ events: [event('e', { outcome: 'in-progress' })] }),
  'a launch of a new member was under way': atDeadline({ events: [event('e', { outcome: 'in-progress', instance: 'i-next' })] }),
  'only something else was under way': atDeadline({
    events: [
      event('a', { outcome: 'in-progress', instance: 'i-2' }),
      event('b', { outcome: 'in-progress', instance: victimId }),
      event('c', { outcome: 'in-progress', kind: 'terminate' }),
      event('d'),
    ],
  }),
  'the platform is silent': atDeadline({}),
  'the restore was asked for at half time': atDeadline({ restore: { state: 'done', detail: '', requestedAt: at(450) } }),
  'the restore was asked for after half time': atDeadline({ restore: { state: 'done', detail: '', requestedAt: at(451) } }),

  // It came, and was not well at the deadline.
  'it was there, and nobody looked at the deadline': onlyOne(starting, { lookedAt: at(600) }),
  'it was there before the victim had left': onlyOne(starting, { victimGoneAt: null }),
  'it was there, and the victim came back': onlyOne(starting, { victimBackAt: at(30) }),
  'its health could not be read': onlyOne({ ...starting, health: 'unknown' }),
  'its health could not be read, and why is told': onlyOne({
    ...starting,
    health: 'unknown',
    healthDetail: 'load balancer: access denied',
  }),
  'its probes could not be asked': onlyOne({ recoveredAt: null, probeUnknown: 'no address' }),
  'it was starting, and its probes could not be asked': onlyOne({ ...starting, probeUnknown: 'no address' }),
  'a check failed to the end': onlyOne({ ...starting, health: 'unhealthy', healthDetail: 'load balancer: answered 500' }),
  'a check failed to the end and did not say why': onlyOne({ ...starting, health: 'unhealthy' }),
  'a probe failed to the end': onlyOne({ recoveredAt: null, lastProbeFailure: 'port 80 refused' }),
  'a probe had failed, and the check failed after it': onlyOne({
    ...starting,
    health: 'unhealthy',
    lastProbeFailure: 'port 80 refused',
    healthDetail: 'load balancer: answered 500',
  }),
  'it was healthy, and no probe has answered yet': onlyOne({ recoveredAt: null }),
  'it was still starting': onlyOne(starting),
  'it was still starting, and what it waits for is told': onlyOne({ ...starting, healthDetail: 'hook: waiting for configuration' }),
  'it had too little time, for the restore was late': onlyOne(
    { ...starting, health: 'unhealthy' },
    { restore: { state: 'done', detail: '', requestedAt: at(600) } },
  ),
  'it was unhealthy, and runs another image': {
    ...onlyOne({ ...starting, health: 'unhealthy', image: 'image-9' }),
  },
  'it was still starting, and runs another image': onlyOne({ ...starting, image: 'image-9' }),
  'it was still starting, and its image could not be read': onlyOne({ ...starting, image: null }),
  'it was removed before it was ever healthy': onlyOne({
    ...starting,
    gone: { at: at(60), cause: 'unhealthy', detail: 'failed its check' },
  }),
  'it was removed before it was ever healthy and nobody said why': onlyOne({
    ...starting,
    gone: { at: at(60), cause: 'unhealthy', detail: '' },
  }),
  'it was healthy by its check and removed while its probes were asked': onlyOne({
    recoveredAt: null,
    gone: { at: at(60), cause: 'unhealthy', detail: 'failed its check' },
  }),
  'it was taken by a call of somebody else': onlyOne({ ...starting, gone: { at: at(60), cause: 'strike', detail: 'by a person' } }),
  'it was taken by an interruption': onlyOne({ ...starting, gone: { at: at(60), cause: 'interruption', detail: '' } }),

  'it is gone without a word, and the restore gave way to somebody': onlyOne(
    { ...starting, gone: { at: at(60), cause: 'unknown', detail: '' } },
    { restore: { state: 'yielded', detail: 'somebody else set the size to 2' } },
  ),
  'it is gone without a word while its restore still waits': onlyOne(
    { ...starting, gone: { at: at(60), cause: 'unknown', detail: '' } },
    { desired: 2, restore: { state: 'requested', detail: 'asked', requestedAt: at(20) } },
  ),
  'it is gone as unhealthy, and the restore gave way to somebody': onlyOne(
    { ...starting, gone: { at: at(60), cause: 'unhealthy', detail: 'failed its check' } },
    { restore: { state: 'yielded', detail: 'somebody else set the size to 2' } },
  ),

  // It came up.
  'it was gone in the soak without a word, and the size was restored and fell again': soaked({
    desired: 2,
    restore: { state: 'done', detail: 'three again', requestedAt: at(20) },
    candidates: [candidate('i-new', { gone: { at: at(60), cause: 'unknown', detail: '' } })],
  }),
  'it was gone in the soak without a word, and the group was scaled in': soaked({
    desired: 2,
    candidates: [candidate('i-new', { gone: { at: at(60), cause: 'unknown', detail: '' } })],
  }),
  'it failed in the soak and is gone, and the size was restored and fell again': soaked({
    desired: 2,
    restore: { state: 'done', detail: 'three again', requestedAt: at(20) },
    candidates: [candidate('i-new', { badLooks: 2, failedAt: at(60), gone: { at: at(70), cause: 'unknown', detail: '' } })],
  }),
  'the end of the soak was not seen': soaked({ lookedAt: at(329) }),
  'the end of the soak could not be read': soaked({ lookedAt: at(200), unreadableSince: at(210), unreadableWhy: 'throttled' }),
  'it failed in the soak': soaked({
    candidates: [candidate('i-new', { health: 'unhealthy', badLooks: 2, failedAt: at(60), healthDetail: 'load balancer: answered 500' })],
  }),
  'it failed in the soak and no check said why': soaked({ candidates: [candidate('i-new', { badLooks: 2, failedAt: at(60) })] }),
  'it failed a probe in the soak': soaked({
    candidates: [candidate('i-new', { badLooks: 2, failedAt: at(60), lastProbeFailure: 'port 80 refused' })],
  }),
  'it was gone in the soak': soaked({ candidates: [candidate('i-new', { gone: { at: at(60), cause: 'unknown', detail: 'exit 1' } })] }),
  'it was in doubt at the end of its soak': soaked({
    candidates: [candidate('i-new', { health: 'unhealthy', badLooks: 1, healthDetail: 'load balancer: answered 500' })],
  }),
  'its probes could not be asked at the end of its soak': soaked({ candidates: [candidate('i-new', { probeUnknown: 'no address' })] }),
  'it was still ill when the wait for a second look was over': soaked({
    lookedAt: at(630),
    candidates: [candidate('i-new', { health: 'unhealthy', badLooks: 1, healthDetail: 'load balancer: answered 500' })],
  }),
  'it was ill a second before the wait for a second look was over': soaked({
    lookedAt: at(629),
    candidates: [candidate('i-new', { health: 'unhealthy', badLooks: 1, healthDetail: 'load balancer: answered 500' })],
  }),
  'it could not be read until the wait was over': soaked({
    lookedAt: at(630),
    candidates: [candidate('i-new', { health: 'unknown', healthDetail: 'load balancer: access denied' })],
  }),
  'its probes could not be asked until the wait was over': soaked({
    lookedAt: at(630),
    candidates: [candidate('i-new', { probeUnknown: 'no address' })],
  }),
  'it took exactly as long as it should': evidence({ policy: policy({ target: 30_000 }) }),
  'it was slow, came from a warm pool and nothing vouches for it': evidence({
    policy: policy({ target: 29_900 }),
    tracking: tracking({ candidates: [candidate('i-new', { origin: 'pre-built', independentlyHealthy: false })] }),
  }),
  'only a probe vouches for it': evidence({
    policy: policy({ probes: [{ kind: 'tcp', settings: {}, passes: 1 } as never] }),
    tracking: tracking({ candidates: [candidate('i-new', { independentlyHealthy: false })] }),
  }),

  // Several came.
  'launches failed one after the other, and each was seen to start': atDeadline({
    candidates: [stillborn('i-a', 10), stillborn('i-b', 20)],
    events: [failedLaunch('a', 10, broken, 'i-a'), failedLaunch('b', 20, noRoom, 'i-b')],
  }),
  'launches found no room one after the other, and each was seen to start': atDeadline({
    candidates: [stillborn('i-a', 10), stillborn('i-b', 20)],
    events: [
      failedLaunch('a', 10, noRoom, 'i-a'),
      failedLaunch('b', 20, { category: 'quota', message: 'quota of cores is used up' }, 'i-b'),
    ],
  }),
  'launches go on failing, and why one of them did is forgotten': atDeadline({
    candidates: [stillborn('i-a', 10), stillborn('i-b', 20)],
    events: [failedLaunch('b', 20, broken, 'i-b')],
  }),
  'a launch failed, and another was removed as unhealthy': atDeadline({
    candidates: [stillborn('i-a', 10), stillborn('i-b', 11, { gone: { at: at(30), cause: 'unhealthy', detail: 'failed its check' } })],
    events: [failedLaunch('a', 10, broken, 'i-a')],
  }),
  'a launch found no room, and why another went is forgotten': atDeadline({
    candidates: [stillborn('i-a', 10), stillborn('i-b', 20)],
    events: [failedLaunch('b', 20, noRoom, 'i-b')],
  }),
  'a launch failed and was tried again, and the group is full': soaked({
    candidates: [stillborn('i-a', 10), candidate('i-new', { seenAt: at(13) })],
    events: [failedLaunch('a', 10, broken, 'i-a'), event('b', { instance: 'i-new' })],
  }),
  'a launch failed and another came up, and the group is still short': soaked({
    candidates: [stillborn('i-a', 10), candidate('i-new', { seenAt: at(13) })],
    events: [failedLaunch('a', 10, broken, 'i-a'), event('b', { instance: 'i-new' })],
    wholeAt: null,
  }),
  'a crash loop went round three times': soaked({
    candidates: [0, 1, 2].map(turn =>
      candidate(`i-turn-${turn}`, {
        seenAt: at(10 + 20 * turn),
        launchedAt: at(10 + 20 * turn),
        gone: { at: at(25 + 20 * turn), cause: 'unknown', detail: 'exit 1' },
      }),
    ),
    events: [],
    wholeAt: null,
  }),
  'of two that were seen in the same look the one launched later is listed first, and failed as well': soaked({
    candidates: [
      candidate('i-second', { seenAt: at(60), launchedAt: at(50), gone: { at: at(70), cause: 'unknown', detail: 'exit 2' } }),
      candidate('i-first', { seenAt: at(60), launchedAt: at(10), gone: { at: at(60), cause: 'unknown', detail: 'exit 1' } }),
    ],
    events: [],
    wholeAt: null,
  }),
  'two failed side by side, and one came after the first of them and failed as well': soaked({
    candidates: [
      candidate('i-a', { seenAt: at(10), gone: { at: at(40), cause: 'unknown', detail: 'exit 1' } }),
      candidate('i-b', { seenAt: at(11), gone: { at: at(90), cause: 'unknown', detail: 'exit 2' } }),
      candidate('i-c', { seenAt: at(50), gone: { at: at(80), cause: 'unknown', detail: 'exit 3' } }),
    ],
    events: [],
    wholeAt: null,
  }),
  'the group is no larger, not whole, and who replaced the victim is not told': soaked({ events: [], wholeAt: null }),
  'a launch failed, another still starts, and the group is full': atDeadline({
    candidates: [stillborn('i-a', 10), candidate('i-b', { seenAt: at(11), ...starting })],
    events: [failedLaunch('a', 10, noRoom, 'i-a')],
    wholeAt: at(500),
  }),
  'launches fail for good, and one that was well was lost and nobody knows why': atDeadline({
    candidates: [
      stillborn('i-a', 10),
      candidate('i-b', { seenAt: at(11), recoveredAt: null, gone: { at: at(60), cause: 'unknown', detail: 'it disappeared' } }),
    ],
    events: [failedLaunch('a', 10, broken, 'i-a')],
  }),
  'one was removed as unhealthy, and the next still starts': atDeadline({
    candidates: [
      candidate('i-a', { ...starting, gone: { at: at(400), cause: 'unhealthy', detail: 'failed its check' } }),
      candidate('i-b', { seenAt: at(400), ...starting }),
    ],
  }),
  'one was taken, and the next is well': soaked({
    candidates: [
      candidate('i-taken', { ...starting, gone: { at: at(20), cause: 'interruption', detail: '' } }),
      candidate('i-new', { seenAt: at(21) }),
    ],
    events: [],
  }),
  'two possible successors both pass': rivals(['i-new', 'i-other'], {
    'i-new': configuration('i-new'),
    'i-other': configuration('i-other'),
  }),
  'two possible successors both fail': rivals(['i-new', 'i-other'], {
    'i-new': configuration('i-new', { type: 'tiny' }),
    'i-other': configuration('i-other', { securityGroups: ['sg-1'] }),
  }),
  'one of two possible successors fails': rivals(['i-new', 'i-other'], {
    'i-new': configuration('i-new', { type: 'tiny' }),
    'i-other': configuration('i-other'),
  }),
  'one of two possible successors fails and the other could not be read': rivals(['i-new', 'i-other'], {
    'i-new': configuration('i-new', { type: 'tiny' }),
  }),
  'two of three possible successors fail': rivals(['i-a', 'i-b', 'i-c'], {
    'i-a': configuration('i-a', { type: 'tiny' }),
    'i-b': configuration('i-b', { subnet: 'b' }),
    'i-c': configuration('i-c', { type: 'tiny' }),
  }),
  'neither of two possible successors could be read': rivals(['i-new', 'i-other'], {}),
  'the second of two possible successors could not be read': rivals(['i-new', 'i-other'], { 'i-new': configuration('i-new') }),
  'the group grew, and who replaced the victim is not told': soaked({ events: [], desired: 4, wholeAt: null }),
  'the group grew, and the only new member failed': soaked({
    events: [],
    desired: 4,
    wholeAt: null,
    candidates: [candidate('i-new', { badLooks: 2, failedAt: at(60) })],
  }),
  'the group grew, and the platform names the successor': soaked({ desired: 4, wholeAt: null }),
  'the group grew and is whole again': soaked({ events: [], desired: 4 }),

  // The victim's own image and configuration.
  "the victim's image could not be read": evidence({
    order: order({ victim: { ...order().victim, image: null } }),
    before: readBefore({ victim: configuration(victimId, {}, { image: null }) }),
  }),
  "the victim's image is known from the listing only": evidence({
    before: readBefore({ victim: configuration(victimId, {}, { image: null }) }),
  }),
  'what images are declared could not be read': evidence({
    before: readBefore({ declaration: declaration({ images: [] }) }),
    after: readAfter({ declaration: declaration({ images: [] }) }),
  }),
  'the victim lags behind a young declaration': lagging(3),
  'the victim lags behind by exactly as much as it may': lagging(14),
  'the victim lags behind an old declaration': lagging(20),
  'the victim lags behind, since when is not told, and it is young itself': lagging(null, 3),
  'the victim lags behind, and since when is not told': lagging(null),
  'the victim is of no declaration that could be read, and fits the present one': evidence({
    order: order({ victim: { ...order().victim, bornFrom: null } }),
  }),
  'the victim is of a declaration that is not told, and does not fit the present one': evidence({
    order: order({ victim: { ...order().victim, bornFrom: null } }),
    before: readBefore({ victim: configuration(victimId, { type: 'tiny' }) }),
  }),
  'the victim is of a declaration that could not be read, and does not fit the present one': evidence({
    order: order({ victim: { ...order().victim, bornFrom: 'template:0' } }),
    before: readBefore({ victim: configuration(victimId, { type: 'tiny' }) }),
  }),
  'the victim is of a declaration that could not be read, and its image is old as well': ((): Evidence => {
    const old = lagging(20)
    return {
      ...old,
      order: order({ ...old.order, victim: { ...old.order.victim, bornFrom: 'template:0' } }),
      before: { ...old.before, victim: configuration(victimId, { type: 'tiny' }) },
    }
  })(),
  "a declared setting of the victim's could not be read": evidence({
    before: readBefore({
      victim: {
        ...configuration(victimId),
        values: { type: 'large', 'volumes/xvda/size': 8, subnet: 'a' },
        unread: [{ what: 'securityGroups', why: 'access denied' }],
      },
    }),
  }),
  "a declared setting of the victim's could not be read and another has drifted": evidence({
    before: readBefore({
      victim: {
        ...configuration(victimId),
        values: { type: 'tiny', 'volumes/xvda/size': 8, subnet: 'a' },
        unread: [{ what: 'securityGroups', why: 'access denied' }],
      },
    }),
  }),
  "an open setting of the victim's could not be read": victimIs({}, { unread: [{ what: 'notes/a', why: 'access denied' }] }),
  'a setting that is ignored could not be read': evidence({
    policy: policy({ drift: { ignore: ['notes/**'], warn: [] } }),
    before: readBefore({ victim: configuration(victimId, {}, { unread: [{ what: 'notes/a', why: 'access denied' }] }) }),
  }),
  'the victim had more than was declared': victimIs({
    securityGroups: ['sg-1', 'sg-2', 'sg-9'],
    profile: 'admin',
    'volumes/xvdf/size': 100,
    'volumes/xvdf/type': 'fast',
  }),
  'the victim had less than was declared': victimIs({ securityGroups: ['sg-1'], type: null }),
  'the victim had something else than was declared': victimIs({ securityGroups: ['sg-1', 'sg-9'], type: 'tiny', 'volumes/xvda/size': 16 }),
  'a tag of the victim warns': victimIs({ 'tags/note/a': 'keep' }),

  // The successor's.
  'the successor runs another image': successorIs({}, { image: 'image-9' }),
  'the successor runs an image that was declared meanwhile': evidence({
    after: readAfter({
      declaration: declaration({ images: ['image-2'] }),
      configurations: { 'i-new': configuration('i-new', {}, { image: 'image-2' }) },
    }),
  }),
  'the successor runs another image, and the declaration could not be read again': evidence({
    after: readAfter({
      declaration: null,
      declarationWhy: 'throttled',
      configurations: { 'i-new': configuration('i-new', {}, { image: 'image-2' }) },
    }),
  }),
  'the successor runs another image than is declared now, and what was declared before could not be read': evidence({
    before: readBefore({ declaration: declaration({ images: [] }) }),
    after: readAfter({ configurations: { 'i-new': configuration('i-new', {}, { image: 'image-9' }) } }),
  }),
  'the successor is right, and the declaration could not be read again': evidence({
    after: readAfter({ declaration: null, declarationWhy: 'throttled' }),
  }),
  "the successor's image is known from the listing only": successorIs({}, { image: null }),
  "the successor's image could not be read": evidence({
    tracking: tracking({ candidates: [candidate('i-new', { image: null })] }),
    after: readAfter({ configurations: { 'i-new': configuration('i-new', {}, { image: null }) } }),
  }),
  "the successor's configuration could not be read": evidence({ after: readAfter({ configurations: {} }) }),
  "a declared setting of the successor's could not be read": evidence({
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
  'the successor has more than is declared': successorIs({ securityGroups: ['sg-1', 'sg-2', 'sg-9'], profile: 'admin' }),
  'the successor has less than is declared': successorIs({ securityGroups: ['sg-1'], type: null }),
  'the successor has something else than is declared': successorIs({ securityGroups: ['sg-1', 'sg-9'], type: 'tiny' }),
  'the successor differs from the victim in what is left open': evidence({
    before: readBefore({ victim: configuration(victimId, { 'notes/a': 'x', 'notes/b': ['1', '2'], 'notes/c': 'only here' }) }),
    after: readAfter({
      configurations: { 'i-new': configuration('i-new', { 'notes/a': 'y', 'notes/b': ['2', '3'], 'notes/d': '', subnet: 'b' }) },
    }),
  }),
  'a repair repeats what the victim was born from': repeating(
    {},
    {
      ...lagging(3),
      after: readAfter({ declaration: lagging(3).after.declaration }),
    },
  ),
  'a repair repeats what could not be read': repeating({ bornFrom: 'template:0' }),
  'a repair repeats what is not told': repeating({ bornFrom: null }),
  'the declaration changed during the drill': soaked({ declarationVersion: 'template:2' }),
  'the declaration changed when it was read again': evidence({
    after: readAfter({ declaration: { ...declaration(), current: newer } }),
  }),
  'the declaration changed and the successor is still starting': onlyOne(starting, { declarationVersion: 'template:2' }),
  'the declaration changed and nothing came': atDeadline({ declarationVersion: 'template:2', events: [failedLaunch('a', 10, broken)] }),

  // What is inside.
  'the victim held what no rebuild makes': evidence({
    policy: inside,
    before: readBefore({ fingerprint: { 'etc/cron.d/fix': 'a', 'etc/hosts': 'h', 'etc/motd': '1' } }),
    after: readAfter({ fingerprints: { 'i-new': { 'etc/hosts': 'h', 'etc/motd': '2', 'etc/new': 'n' } } }),
  }),
  'both hold the same': evidence({
    policy: inside,
    before: readBefore({ fingerprint: { a: '1' } }),
    after: readAfter({ fingerprints: { 'i-new': { a: '1' } } }),
  }),
  'something inside the victim could not be read': evidence({
    policy: inside,
    before: readBefore({ fingerprint: { a: '1' }, fingerprintUnread: [{ what: 'state/b', why: 'too large' }] }),
    after: readAfter({ fingerprints: { 'i-new': { a: '1', b: '2' } } }),
  }),
  'something inside the successor could not be read': evidence({
    policy: inside,
    before: readBefore({ fingerprint: { a: '1', b: '2' } }),
    after: readAfter({ fingerprints: { 'i-new': { a: '1' } }, fingerprintsUnread: { 'i-new': [{ what: 'state/b', why: 'too large' }] } }),
  }),
  'something inside that is ignored could not be read': evidence({
    policy: { ...inside, drift: { ignore: ['state/b'], warn: [] } },
    before: readBefore({ fingerprint: { a: '1' }, fingerprintUnread: [{ what: 'state/b', why: 'too large' }] }),
    after: readAfter({ fingerprints: { 'i-new': { a: '1' } } }),
  }),
  'nobody could look into the victim': evidence({ policy: inside, before: readBefore({ fingerprintWhy: 'no address' }) }),
  'nobody looked into the victim': evidence({ policy: inside }),
  'nobody could look into the successor': evidence({ policy: inside, before: readBefore({ fingerprint: { a: '1' } }) }),
  'the victim was not looked into, and nobody asked for it': evidence({
    before: readBefore({ fingerprintWhy: 'its engine is not configured' }),
  }),
  'the successor was not looked into, and nobody asked for it': evidence({
    before: readBefore({ fingerprint: { a: '1' } }),
    after: readAfter({ fingerprintsWhy: { 'i-new': 'its engine is not configured' } }),
  }),
}

const golden = new URL('golden/judgements.txt', import.meta.url)

function told({ verdict, findings, proven, notCompared, successor }: Judgement): string {
  const show = (value: Finding['actual']): string => JSON.stringify(value)
  return [
    `${verdict}, ${successor === null ? 'no successor' : `about ${successor}`}`,
    ...findings.flatMap(({ kind, level, path, expected, actual, summary }) => [
      `  ${level} ${kind}${path === null ? '' : ` at ${path}: ${show(expected)} → ${show(actual)}`}`,
      `    ${summary}`,
    ]),
    `  proven: ${proven.join(', ') || 'nothing'}`,
    ...notCompared.map(({ what, why }) => `  not compared: ${what}, ${why}`),
  ].join('\n')
}

function section(when: string, judgement: string): string {
  return `# ${when}\n${judgement}\n`
}

describe('a judgement in full', () => {
  if (process.env.GOLDEN === 'update')
    writeFileSync(
      golden,
      Object.entries(cases)
        .map(([when, given]) => section(when, told(judge(given))))
        .join('\n'),
    )
  const sections = readFileSync(golden, 'utf8').split(/\n(?=# )/)

  for (const [when, given] of Object.entries(cases))
    it(`reads as written down when ${when}`, () => {
      const written = sections.find(one => one.startsWith(`# ${when}\n`)) ?? ''
      assert.equal(section(when, told(judge(given))).trim(), written.trim())
    })

  it('is written down for nothing that is not tried', () => assert.equal(sections.length, Object.keys(cases).length))
})
