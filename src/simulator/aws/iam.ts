import type { Region } from '../world/model.ts'
import type { World } from '../world/world.ts'
import { ApiError } from './api-error.ts'
import { type Operations, reads } from './call.ts'
import { paginate } from './pages.ts'
import type { Result } from './render.ts'

/** IAM has one endpoint for all regions, so profiles are looked for in every region of the account. */
export const iam: Operations = {
  GetInstanceProfile: reads(({ world, input, caller }) => {
    const name = input.required('InstanceProfileName')
    const profile = profilesOf(world, caller.account).find(each => each.name === name)
    if (profile === undefined) throw new ApiError('NoSuchEntity', `Instance Profile ${name} cannot be found.`, 404)
    return { InstanceProfile: render(profile, caller.account) }
  }),
  ListInstanceProfiles: reads(call => {
    const { account } = call.caller
    const page = paginate(call, profilesOf(call.world, account), {
      key: profile => profile.name,
      defaultSize: 100,
      maximum: 1000,
      sizeParameter: 'MaxItems',
      tokenParameter: 'Marker',
      invalidToken: () => new ApiError('ValidationError', 'Invalid Marker.'),
    })
    return {
      InstanceProfiles: page.items.map(profile => render(profile, account)),
      IsTruncated: page.token !== undefined,
      Marker: page.token,
    }
  }),
}

type Profile = Region['profiles'] extends Map<string, infer One> ? One : never

function profilesOf(world: World, account: string): Profile[] {
  const regions = [...world.regions.values()].filter(region => region.account === account)
  const byName = new Map(regions.flatMap(region => [...region.profiles]))
  return [...byName.values()].sort((a, b) => (a.name < b.name ? -1 : 1))
}

function render(profile: Profile, account: string): Result {
  const path = { Path: '/', CreateDate: new Date('2026-01-05T08:00:00Z') }
  const role = {
    ...path,
    RoleName: profile.role,
    RoleId: `AROA${profile.id.slice(4)}`,
    Arn: `arn:aws:iam::${account}:role/${profile.role}`,
  }
  return { ...path, InstanceProfileName: profile.name, InstanceProfileId: profile.id, Arn: profile.arn, Roles: [role] }
}
