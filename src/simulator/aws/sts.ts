import type { World } from '../world/world.ts'
import { ApiError } from './api-error.ts'
import { type Call, type Operations, reads, writes } from './call.ts'
import type { Result } from './render.ts'

export const sts: Operations = {
  GetCallerIdentity: reads(({ caller }) => ({ UserId: caller.userId, Account: caller.account, Arn: caller.arn })),
  AssumeRole: writes(assumeRole),
}

function assumeRole({ world, input, caller }: Call): Result {
  const roleArn = input.required('RoleArn')
  const sessionName = input.required('RoleSessionName')
  const [, account = '', role = ''] = /^arn:aws[\w-]*:iam::(\d{12}):role\/(?:.*\/)?([\w+=,.@-]+)$/.exec(roleArn) ?? []
  if (account === '') throw new ApiError('ValidationError', `${roleArn} is invalid`)
  if (!/^[\w+=,.@-]{2,64}$/.test(sessionName))
    throw new ApiError(
      'ValidationError',
      `1 validation error detected: Value '${sessionName}' at 'roleSessionName' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\w+=,.@-]*`,
    )
  const known = world.accounts.get(account)
  if (known === undefined || (known.roles !== null && !known.roles.includes(role)))
    throw new ApiError('AccessDenied', `User: ${caller.arn} is not authorized to perform: sts:AssumeRole on resource: ${roleArn}`, 403)
  const seconds = input.integer('DurationSeconds') ?? 3600
  return session(world, { account, role, sessionName, seconds })
}

function session(world: World, order: { account: string; role: string; sessionName: string; seconds: number }): Result {
  const { account, role, sessionName, seconds } = order
  const id = `ASIA${world.random.hex(16).toUpperCase()}`
  const arn = `arn:aws:sts::${account}:assumed-role/${role}/${sessionName}`
  const userId = `AROA${world.random.hex(17).toUpperCase()}:${sessionName}`
  world.accessKeys.set(id, { id, account, arn, userId, sessionName })
  return {
    Credentials: {
      AccessKeyId: id,
      SecretAccessKey: 'simulator',
      SessionToken: world.random.hex(32),
      Expiration: new Date(world.time + seconds * 1000),
    },
    AssumedRoleUser: { AssumedRoleId: userId, Arn: arn },
    PackedPolicySize: 0,
  }
}
