import type { Finding } from '../../domain/finding.ts'
import { noCapacityAhead } from '../../domain/findings.ts'
import type { GroupId } from '../../domain/group.ts'
import type { Milliseconds } from '../../domain/time.ts'
import { mapLimited } from '../shared/batches.ts'
import type { ScopeContext } from './context.ts'
import { managersOf } from './declare.ts'
import { eventsOfErrors, eventsOfRows } from './events.ts'
import { orWhy } from './learn.ts'
import { membersOf, replacementOff } from './members.ts'
import { errorsOf, groupPlace, managedOf } from './reads.ts'
import { imagesNeeded, type ReadImage, type ReadTemplate, readImages, readTemplates, versionsOf, WIDTH } from './templates.ts'
import type { ManagedInstance, Manager, ManagerError } from './wire.ts'

const HOUR: Milliseconds = 3_600_000
const RECENT: Milliseconds = 24 * HOUR

/** The contract's forecast(): everything that making an instance needs, looked up once for all groups. */
export async function forecast(
  context: ScopeContext,
  groups: readonly GroupId[],
  signal: AbortSignal,
): Promise<Map<GroupId, readonly Finding[]>> {
  const { api } = context
  const managers = await managersOf(context, groups, signal)
  // Asked anew whatever is known: a template that is gone can no longer be made from (S13).
  const keys = [...managers.values()].flatMap(manager => versionsOf(manager, api.project).map(({ key }) => key))
  const templates = await readTemplates(api, keys, signal)
  const sources = [...templates.values()].flatMap(one => (one.kind === 'read' ? imagesNeeded(one.template, api.project) : []))
  const images = await readImages(api, new Map(sources.map(source => [source, []])), signal)
  const found = await mapLimited([...managers], WIDTH, async ([id, manager]) => {
    const attempts = await attemptFindings(context, id, { manager, signal })
    const findings = [...templateFindings(manager, { project: api.project, templates, images }), ...repairFindings(manager), ...attempts]
    return [id, [...new Map(findings.map(finding => [finding.summary, finding])).values()]] as const
  })
  return new Map(found)
}

interface Read {
  readonly project: string
  readonly templates: ReadonlyMap<string, ReadTemplate>
  readonly images: ReadonlyMap<string, ReadImage>
}

export function templateFindings(manager: Manager, read: Read): Finding[] {
  const versions = versionsOf(manager, read.project)
  if (versions.length === 0) return [cannotRebuild('fail', 'instanceTemplate', null, 'the group names no instance template: give it one')]
  return versions.flatMap(({ key }) => {
    const one = read.templates.get(key)
    if (one === undefined) return [unchecked(`instance template ${key}`, 'it was not read')]
    if (one.kind === 'missing') return [cannotRebuild('fail', 'instanceTemplate', key, one.why)]
    if (one.kind === 'unreadable') return [unchecked(`instance template ${key}`, one.why)]
    // A disk that is made from a snapshot, or that exists, needs no image.
    return imagesNeeded(one.template, read.project).flatMap(source => imageFindings(source, read.images.get(source)))
  })
}

function imageFindings(source: string, read: ReadImage | undefined): Finding[] {
  if (read === undefined) return [unchecked(`image ${source}`, 'it was not read')]
  if (read.kind === 'missing') return [cannotRebuild('fail', 'image', source, read.why)]
  if (read.kind === 'unreadable') return [unchecked(`image ${source}`, read.why)]
  const { image } = read
  const name = image.name ?? source
  const status = String(image.status || 'READY')
  if (status !== 'READY') return [cannotRebuild('fail', 'image', name, `image ${name} is ${status}, not READY: build it anew`)]
  const state = String(image.deprecated?.state || 'ACTIVE')
  const instead = image.deprecated?.replacement ? `; its replacement is ${image.deprecated.replacement.split('/').at(-1)}` : ''
  if (state === 'OBSOLETE' || state === 'DELETED')
    return [
      cannotRebuild('fail', 'image', name, `image ${name} is ${state} and refuses new instances: name another in the template${instead}`),
    ]
  if (state !== 'DEPRECATED') return []
  return [cannotRebuild('warn', 'image', name, `image ${name} is deprecated: it can still be used, but build a newer one soon${instead}`)]
}

export function repairFindings(manager: Manager): Finding[] {
  if (manager.instanceLifecyclePolicy?.defaultActionOnFailure !== 'DO_NOTHING') return []
  return [cannotRebuild('fail', 'repair', 'DO_NOTHING', `${replacementOff(manager) ?? 'repairs are off'}: set it to REPAIR`)]
}

async function attemptFindings(
  context: ScopeContext,
  id: GroupId,
  { manager, signal }: { manager: Manager; signal: AbortSignal },
): Promise<Finding[]> {
  const place = groupPlace(context.api, id)
  if (place === null) return []
  const [managed, errors] = await Promise.all([
    orWhy(managedOf(context.api, place, signal), signal),
    orWhy(errorsOf(context.api, place, signal), signal),
  ])
  if (typeof managed === 'string') return [unchecked('the latest attempts to make an instance', managed)]
  if (typeof errors === 'string') return [unchecked('the latest errors of the group', errors)]
  return launchFindings({ manager, managed, errors }, context.clock.now())
}

/** How the group's latest attempts went; nothing where it is whole and every later attempt succeeded. */
export function launchFindings(
  read: { manager: Manager; managed: readonly ManagedInstance[]; errors: readonly ManagerError[] },
  now: Temporal.Instant,
): Finding[] {
  const { manager, managed, errors } = read
  const whole = membersOf(managed).length >= (manager.targetSize ?? 0)
  const failing = eventsOfRows(managed, now).filter(event => event.error !== null)
  // The list of errors forgets nothing: what is whole again was made since, so only errors of one that is short count.
  const listed = whole ? [] : eventsOfErrors(errors).filter(event => event.kind === 'launch')
  const last = failing.at(-1) ?? listed.sort((a, b) => Temporal.Instant.compare(a.at, b.at)).at(-1)
  if (last?.error == null) return []
  const age = now.epochMilliseconds - last.at.epochMilliseconds
  if (age > RECENT) return []
  const { category, message } = last.error
  if (category === 'broken')
    return [
      cannotRebuild(
        'fail',
        'launches',
        null,
        `the latest attempt to make an instance failed: ${message} Repair what it names; the next one would fail too.`,
      ),
    ]
  const what = category === 'quota' ? 'a quota is used up: have it raised' : 'Google has no capacity: allow more zones or machine types'
  return [noCapacityAhead(age <= HOUR ? 'fail' : 'warn', `the latest attempt to make an instance failed because ${what} (${message})`)]
}

function cannotRebuild(level: Finding['level'], path: string, actual: string | null, summary: string): Finding {
  return { kind: 'cannot-rebuild', level, path, expected: null, actual, summary }
}

/** Not able to look is not a reason to fail, and not a good forecast either. */
function unchecked(what: string, why: string): Finding {
  return {
    kind: 'cannot-rebuild',
    level: 'warn',
    path: null,
    expected: null,
    actual: null,
    summary: `${what} could not be checked: ${why}`,
  }
}
