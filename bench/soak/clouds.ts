import { aws } from './aws.ts'
import { azure } from './azure.ts'
import type { Cloud } from './cloud.ts'
import { gcp } from './gcp.ts'

/** Every cloud that is part of the soak: a further one is a further entry. */
export const clouds: readonly Cloud[] = [aws, gcp, azure]

export function cloudNamed(provider: string): Cloud {
  const cloud = clouds.find(each => each.provider === provider)
  if (cloud === undefined) throw new Error(`there is no cloud ${provider}; there are ${clouds.map(each => each.provider).join(', ')}`)
  return cloud
}
