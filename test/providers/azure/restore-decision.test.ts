import assert from 'node:assert/strict'
import fc from 'fast-check'
import type { AskedSize } from '../../../src/domain/drill.ts'
import { type AskedChange, decideRestore, type RestoreFacts } from '../../../src/providers/azure/restore-decision.ts'

const facts = (changes: Partial<RestoreFacts> = {}): RestoreFacts => ({
  recorded: 3,
  nominal: 2,
  present: 2,
  ready: 2,
  victim: 'gone',
  othersLeaving: false,
  state: 'succeeded',
  counting: 'unknown',
  etag: '"1"',
  asked: null,
  ...changes,
})
const asked = (changes: Partial<AskedChange> = {}): AskedChange => ({
  to: 3,
  from: 2,
  ended: 'succeeded',
  settled: true,
  mayRepeat: false,
  detail: '',
  ...changes,
})

describe('the decision of a restore', () => {
  const table: readonly [what: string, facts: RestoreFacts, kind: string, detail: RegExp][] = [
    ['waits while the victim is there', facts({ victim: 'there', nominal: 3, present: 3, ready: 3 }), 'wait', /still there/],
    ['waits while the victim is being deleted', facts({ victim: 'leaving', nominal: 3 }), 'wait', /being deleted/],
    ['waits out Updating', facts({ state: 'updating' }), 'wait', /being changed/],
    ['waits while other members are being deleted', facts({ othersLeaving: true }), 'wait', /being changed/],
    ['raises a size that fell to what was recorded', facts(), 'set-capacity', /fell to 2/],
    ['waits, and says so, where no etag guards a change', facts({ etag: null }), 'wait', /no etag.*set it to 3 by hand/],
    ['is done when the recorded number of machines is made', facts({ nominal: 3, present: 3, ready: 3 }), 'done', /3 machines again/],
    ['is not done while the machine is being made', facts({ nominal: 3, present: 3, state: 'updating' }), 'requested', /making/],
    ['is not done by a machine whose creation failed', facts({ nominal: 3, present: 3, state: 'failed' }), 'requested', /2 of 3/],
    ['gives way to a scale-in', facts({ nominal: 1, present: 1, ready: 1 }), 'yield', /somebody else set the size to 1/],
    ['gives way to a scale-out', facts({ nominal: 5, present: 2 }), 'yield', /the size is 5 where 3 was recorded/],
    ['gives way where the size fell again after its own change', facts({ asked: asked() }), 'yield', /somebody else set the size to 2/],
    ['is done, and fights nobody, where a scale-out has made the machines', facts({ nominal: 5, present: 5, ready: 5 }), 'done', /3/],
    ['gives way where the set is gone', facts({ nominal: null }), 'yield', /was deleted/],
    ['gives way where the set is being deleted', facts({ state: 'deleting' }), 'yield', /was deleted/],
    ['asks for the recorded size where the size did not fall', facts({ nominal: 3 }), 'set-capacity', /did not fall/],
    ['waits for what it asked for', facts({ nominal: 3, asked: asked({ settled: false }) }), 'requested', /no machine has come/],
    ['asks for one more only where that made nothing', facts({ nominal: 3, asked: asked() }), 'set-capacity', /by their difference/],
    [
      'never asks a uniform set for one more',
      facts({ nominal: 3, asked: asked(), counting: 'absolute' }),
      'requested',
      /no machine has come/,
    ],
    [
      'makes up for its own victim only',
      facts({ nominal: 3, present: 1, ready: 1, asked: asked() }),
      'yield',
      /somebody else took the others/,
    ],
    [
      'tells why a machine could not be made',
      facts({ nominal: 3, asked: asked({ ended: 'failed', detail: 'no capacity' }) }),
      'requested',
      /no capacity/,
    ],
    [
      'does not ask at every look for what just failed',
      facts({ asked: asked({ ended: 'failed', detail: 'quota' }) }),
      'requested',
      /quota/,
    ],
    [
      'tries once more what failed some while ago',
      facts({ asked: asked({ ended: 'failed', mayRepeat: true, detail: 'quota' }) }),
      'set-capacity',
      /fell to 2/,
    ],
    [
      'knows its own second size again, however long ago it failed',
      facts({ nominal: 4, asked: asked({ to: 4, from: 3, ended: 'failed', mayRepeat: true, detail: 'image not found' }) }),
      'requested',
      /size 4.*image not found/,
    ],
    ['knows its own second size again', facts({ nominal: 4, asked: asked({ to: 4, from: 3 }) }), 'requested', /size 4/],
    [
      'knows the second size of a process that is gone',
      facts({ nominal: 4, asked: asked({ to: 4, from: 3, ended: 'unknown', settled: false }) }),
      'requested',
      /size 4/,
    ],
    [
      'knows that it is its own second size that is carried out, whoever asked for it',
      facts({ nominal: 4, state: 'updating', asked: asked({ to: 4, from: 3, ended: 'unknown', settled: false }) }),
      'requested',
      /making the machine/,
    ],
    [
      'gives way where the size fell again after the change of a process that is gone',
      facts({ asked: asked({ ended: 'unknown', settled: false }) }),
      'yield',
      /somebody else set the size to 2/,
    ],
    [
      'asks again where the change of a process that is gone may have failed and been undone',
      facts({ state: 'failed', asked: asked({ ended: 'unknown', settled: false }) }),
      'set-capacity',
      /fell to 2/,
    ],
    [
      'gives way where its own second size was taken back',
      facts({ nominal: 3, asked: asked({ to: 4, from: 3 }) }),
      'yield',
      /set the size to 3 meanwhile \(4 was asked for\)/,
    ],
    [
      'waits for its own size to be shown before it takes an older reading for a hand',
      facts({ asked: asked({ settled: false }) }),
      'requested',
      /size is not shown yet/,
    ],
    [
      'takes a fall by one for its own strike, however late, where the size had stood when it asked',
      facts({ asked: asked({ from: 3 }) }),
      'set-capacity',
      /fell to 2/,
    ],
    [
      'asks once more for the recorded size where nobody can tell what became of it',
      facts({ nominal: 3, asked: asked({ from: 3, ended: 'unknown', settled: false }) }),
      'set-capacity',
      /did not fall/,
    ],
  ]
  for (const [what, given, kind, detail] of table)
    it(what, () => {
      const decision = decideRestore(given)
      assert.equal(decision.kind, kind)
      assert.match(decision.detail, detail)
    })

  it('raises to the recorded size with the etag of that very reading', () => {
    assert.deepEqual(decideRestore(facts({ etag: '"7"' })), {
      kind: 'set-capacity',
      to: 3,
      etag: '"7"',
      detail: 'the size fell to 2 with the victim',
    })
  })
})

/** What is open about Azure, both ways, and what processes, crashes and owners may do in any order. */
type Step =
  | 'A'
  | 'B'
  | 'crash A'
  | 'crash B'
  | 'A dies asking'
  | 'time'
  | 'victim goes'
  | 'creation fails'
  | 'owner in'
  | 'owner out'
  | 'owner deletes'

interface Ways {
  readonly falls: boolean
  readonly scaling: 'absolute' | 'difference'
  readonly uniform: boolean
  readonly recorded: number
  /** Asking for the size that stands already leaves the etag as it is. */
  readonly keepsEtag: boolean
}

class Cloud {
  readonly ways: Ways
  nominal: number
  present: number
  victim: 'there' | 'leaving' | 'gone' = 'leaving'
  etag = 0
  /** Changes under way, each with what it makes. */
  making: number[] = []
  raisedByUs = 0
  largest = 0
  /** What the ledger keeps of the restore, for every process. */
  kept: AskedSize | null = null

  constructor(ways: Ways) {
    this.ways = ways
    this.nominal = ways.recorded
    this.present = ways.recorded - 1
  }

  victimGoes(): void {
    if (this.victim === 'gone') return
    this.victim = 'gone'
    this.etag++
    if (this.ways.falls) this.nominal--
  }

  /** What a change of the size makes: whole machines on their way, or members that go at once. */
  #set(to: number): void {
    const on = this.present + this.making.reduce((sum, count) => sum + count, 0)
    const more = to - (this.ways.scaling === 'absolute' ? on : this.nominal)
    this.nominal = to
    this.etag++
    if (more > 0) this.making.push(more)
    else this.present = Math.max(0, this.present + more)
    this.largest = Math.max(this.largest, this.present + this.making.reduce((sum, count) => sum + count, 0))
  }

  patch(to: number, etag: string): boolean {
    if (etag !== String(this.etag)) return false
    assert.ok(to >= this.nominal, `lowered from ${this.nominal} to ${to}`)
    this.raisedByUs++
    if (to === this.nominal && this.ways.keepsEtag) this.etag--
    this.#set(to)
    return true
  }

  owner(to: number): void {
    this.#set(to)
  }

  /** A machine deleted by hand, past the set. */
  ownerDeletes(): void {
    if (this.present === 0) return
    this.present--
    this.etag++
    if (this.ways.falls) this.nominal = Math.max(0, this.nominal - 1)
  }

  creationFails(): void {
    if (this.making.shift() !== undefined) this.etag++
  }

  time(): void {
    const made = this.making.shift()
    if (made === undefined) return
    this.present += made
    this.etag++
  }
}

class Process {
  readonly cloud: Cloud
  sent: { to: number; quiet: number } | null = null

  constructor(cloud: Cloud) {
    this.cloud = cloud
  }

  look({ dies = false } = {}): string {
    const { cloud, sent } = this
    const updating = cloud.making.length > 0
    if (sent !== null && !updating) sent.quiet++
    const decision = decideRestore({
      recorded: cloud.ways.recorded,
      nominal: cloud.nominal,
      // The worst case: what is being made is not listed before it is there.
      present: cloud.present,
      ready: cloud.present,
      victim: cloud.victim,
      othersLeaving: false,
      state: updating ? 'updating' : 'succeeded',
      counting: cloud.ways.uniform ? 'absolute' : 'unknown',
      etag: String(cloud.etag),
      asked: this.#asked(),
    })
    if (decision.kind !== 'set-capacity') return decision.kind
    cloud.kept = { size: decision.to, from: cloud.nominal, seen: decision.etag }
    if (!dies && cloud.patch(decision.to, decision.etag)) this.sent = { to: decision.to, quiet: 0 }
    return decision.kind
  }

  #asked(): AskedChange | null {
    const { cloud, sent } = this
    if (cloud.kept === null) return null
    const { size: to, from, seen } = cloud.kept
    const unknown = { to, from, ended: 'unknown', settled: false, mayRepeat: false, detail: '' } as const
    if (sent?.to !== to) return seen === String(cloud.etag) ? null : unknown
    return { ...unknown, ended: sent.quiet > 0 ? 'succeeded' : 'running', settled: sent.quiet > 1 }
  }
}

const ways: fc.Arbitrary<Ways> = fc
  .record({
    falls: fc.boolean(),
    scaling: fc.constantFrom('absolute' as const, 'difference' as const),
    uniform: fc.boolean(),
    recorded: fc.integer({ min: 1, max: 6 }),
    keepsEtag: fc.boolean(),
  })
  // A uniform set counts absolutely; whether its size falls is open.
  .map(each => (each.uniform ? { ...each, scaling: 'absolute' as const } : each))
const quietStep = fc.constantFrom<Step>('A', 'B', 'crash A', 'crash B', 'A dies asking', 'time', 'victim goes')
const anyStep = fc.constantFrom<Step>(
  'A',
  'A',
  'crash A',
  'time',
  'victim goes',
  'creation fails',
  'owner in',
  'owner out',
  'owner deletes',
)

/** The step of anything but a process that looks. */
function happen(cloud: Cloud, step: Step): void {
  if (step === 'time') cloud.time()
  else if (step === 'victim goes') cloud.victimGoes()
  else if (step === 'creation fails') cloud.creationFails()
  else if (step === 'owner deletes') cloud.ownerDeletes()
  else if (step === 'owner in') cloud.owner(Math.max(0, cloud.nominal - 2))
  else if (step === 'owner out') cloud.owner(cloud.nominal + 2)
}

function play(cloud: Cloud, steps: readonly Step[]): Process {
  let a = new Process(cloud)
  let b = new Process(cloud)
  for (const step of steps) {
    if (step === 'A') assert.notEqual(a.look(), 'yield')
    else if (step === 'B') assert.notEqual(b.look(), 'yield')
    else if (step === 'A dies asking') a.look({ dies: true })
    else happen(cloud, step)
    if (step === 'crash A' || step === 'A dies asking') a = new Process(cloud)
    if (step === 'crash B') b = new Process(cloud)
  }
  return a
}

describe('a restore under any interleaving of looks, crashes and time', () => {
  it('never lowers a size, never makes more machines than were recorded, never gives way to itself, and ends with as many', () => {
    fc.assert(
      fc.property(ways, fc.array(quietStep, { maxLength: 40 }), (how, steps) => {
        const cloud = new Cloud(how)
        const a = play(cloud, steps)
        cloud.victimGoes()
        let last = ''
        for (let turn = 0; turn < 12 && last !== 'done'; turn++) {
          last = a.look()
          cloud.time()
        }
        assert.ok(cloud.largest <= how.recorded, `${cloud.largest} machines where ${how.recorded} were recorded`)
        assert.equal(last, 'done')
        assert.equal(cloud.present, how.recorded, `${last}: ${cloud.present} of ${how.recorded}`)
      }),
      { numRuns: 2000 },
    )
  })

  it('never lowers a size whatever owners do, and never raises one above what they last said and what was recorded', () => {
    fc.assert(
      fc.property(ways, fc.array(anyStep, { maxLength: 40 }), (how, steps) => {
        const cloud = new Cloud(how)
        let process = new Process(cloud)
        for (const step of steps) {
          if (step === 'crash A') process = new Process(cloud)
          else if (step === 'A') {
            const before = { nominal: cloud.nominal, raised: cloud.raisedByUs }
            process.look()
            if (cloud.raisedByUs === before.raised) continue
            assert.ok(before.nominal >= how.recorded - 1, `fought a scale-in to ${before.nominal}`)
            assert.ok(before.nominal <= how.recorded, `raised ${before.nominal}, which somebody else had set`)
            assert.ok(cloud.nominal <= how.recorded + (how.uniform ? 0 : 1))
          } else happen(cloud, step)
        }
      }),
      { numRuns: 2000 },
    )
  })
})
