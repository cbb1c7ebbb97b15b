import { aws } from './aws.ts'
import { azure } from './azure.ts'
import type { Cloud } from './cloud.ts'
import { gcp } from './gcp.ts'

/** Every cloud that is part of the soak: a further one is a further entry. */
export const clouds: readonly Cloud[] = [aws, gcp, azure]
