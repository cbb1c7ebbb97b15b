import type { WorldInput } from '../../src/simulator/index.ts'
import type { Random } from '../../src/simulator/world/random.ts'

type Group = NonNullable<WorldInput['groups']>[number]
export type Trait = Exclude<NonNullable<Group['traits']>[number], string>
export type Make = (chance: Random) => Trait

/** The traits that a cloud knows, with the details drawn. */
export interface Traits {
  /** Decide the verdict, each by itself. */
  readonly lone: readonly Make[]
  /** Of these two may come together. */
  readonly mixable: readonly Make[]
  /** Of groups that must not be struck. */
  readonly refusing: readonly Make[]
}

type With<Name extends Trait['trait'], Detail extends string> =
  Extract<Trait, { readonly trait: Name }> extends { readonly [Key in Detail]?: infer Value } ? NonNullable<Value> : never

/** In what the clouds differ. */
interface Differences {
  /** Why nobody comes in the victim's place. */
  readonly notReplaced: readonly With<'not-replaced', 'cause'>[]
  /** Who takes a successor that is well. */
  readonly interrupted: readonly With<'interrupted', 'how'>[]
  /** What a forecast finds missing. */
  readonly cannotRebuild: readonly With<'cannot-rebuild', 'cause'>[]
  /** Traits that only this cloud has. */
  readonly lone?: readonly Make[]
  readonly mixable?: readonly Make[]
  readonly refusing?: readonly Make[]
}

const day = 24 * 60 * 60_000

export function traitsOf(cloud: Differences): Traits {
  return {
    lone: [
      chance => ({ trait: 'not-replaced', cause: oneOf(chance, cloud.notReplaced) }),
      chance => ({ trait: 'interrupted', how: oneOf(chance, cloud.interrupted) }),
      chance => ({ trait: 'died-young', how: oneOf(chance, ['crash', 'unhealthy']) }),
      ...plain('no-capacity', 'quota', 'unhealthy', 'late', 'wrong-image', 'successor-drift', 'group-changed'),
      ...(cloud.lone ?? []),
    ],
    mixable: [
      chance => ({ trait: 'stale-image', age: oneOf(chance, [3 * day, 40 * day]) }),
      chance => ({ trait: 'config-drift', members: oneOf(chance, ['all', 1]) }),
      chance => ({ trait: 'state-drift', members: oneOf(chance, ['all', 1]) }),
      ...plain('slow', 'environment-changed', 'health-unproven'),
      ...(cloud.mixable ?? []),
    ],
    refusing: [
      chance => ({ trait: 'cannot-rebuild', cause: oneOf(chance, cloud.cannotRebuild) }),
      ...plain('not-opted-in', 'near-miss', 'refreshing', 'scaling', 'recently-changed', 'below-desired', 'unhealthy-member', 'standby'),
      ...plain('deleting', 'protected', 'too-small', 'young', 'unreadable'),
      ...(cloud.refusing ?? []),
    ],
  }
}

/** Only a check of health, beyond the platform's own "running", can see these. */
export function needsCheck(traits: readonly Trait[]): boolean {
  return traits.some(({ trait }) => ['unhealthy', 'died-young', 'unhealthy-member'].includes(trait))
}

/** Traits as the simulator makes them where no detail is given. */
export function plain(...names: readonly Trait['trait'][]): Make[] {
  return names.map(trait => () => ({ trait }) as Trait)
}

export function oneOf<const Item>(chance: Random, items: readonly Item[]): Item {
  return items[Math.floor(chance.next() * items.length)] as Item
}
