import { aws } from './aws.ts'
import type { Cloud } from './cloud.ts'

/** Every cloud that is part of the soak: a further one is a further entry. */
export const clouds: readonly Cloud[] = [aws]
