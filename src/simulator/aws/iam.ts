import { ApiError } from './api-error.ts'
import { type Operations, reads } from './call.ts'

/** IAM has one endpoint for all regions, so the profile is looked for in every region of the account. */
export const iam: Operations = {
  GetInstanceProfile: reads(({ world, input, caller }) => {
    const name = input.required('InstanceProfileName')
    for (const region of world.regions.values()) {
      const profile = region.account === caller.account ? region.profiles.get(name) : undefined
      if (profile === undefined) continue
      const createDate = new Date('2026-01-05T08:00:00Z')
      const path = { Path: '/', CreateDate: createDate }
      const role = {
        ...path,
        RoleName: profile.role,
        RoleId: `AROA${profile.id.slice(4)}`,
        Arn: `arn:aws:iam::${caller.account}:role/${profile.role}`,
      }
      return {
        InstanceProfile: { ...path, InstanceProfileName: name, InstanceProfileId: profile.id, Arn: profile.arn, Roles: [role] },
      }
    }
    throw new ApiError('NoSuchEntity', `Instance Profile ${name} cannot be found.`, 404)
  }),
}
