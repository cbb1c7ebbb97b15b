import { autoScalingReads } from './auto-scaling-reads.ts'
import { autoScalingWrites } from './auto-scaling-writes.ts'
import type { Operations } from './call.ts'
import { cloudwatch } from './cloudwatch.ts'
import { ec2Instances } from './ec2-instances.ts'
import { ec2Resources } from './ec2-resources.ts'
import { ec2Templates } from './ec2-templates.ts'
import { elb } from './elb.ts'
import { iam } from './iam.ts'
import { ssm } from './ssm.ts'
import { sts } from './sts.ts'

export interface Service {
  /** As the credential scope of a signature names it. */
  readonly name: string
  readonly namespace: string
  readonly protocol: 'query' | 'ec2'
  readonly operations: Operations
  readonly throttling: { readonly code: string; readonly status: number; readonly message: string }
  readonly denied: string
  readonly unknownKey: { readonly code: string; readonly status: number; readonly message: string }
}

const RATE = 'Rate exceeded'
const TOKEN = {
  code: 'InvalidClientTokenId',
  status: 403,
  message: 'The security token included in the request is invalid.',
}

function query(name: string, namespace: string, operations: Operations): Service {
  return {
    name,
    namespace,
    protocol: 'query',
    operations,
    throttling: { code: 'Throttling', status: 400, message: RATE },
    denied: 'AccessDenied',
    unknownKey: TOKEN,
  }
}

const all: readonly Service[] = [
  query('autoscaling', 'http://autoscaling.amazonaws.com/doc/2011-01-01/', { ...autoScalingReads, ...autoScalingWrites }),
  {
    name: 'ec2',
    namespace: 'http://ec2.amazonaws.com/doc/2016-11-15/',
    protocol: 'ec2',
    operations: { ...ec2Instances, ...ec2Templates, ...ec2Resources },
    throttling: { code: 'RequestLimitExceeded', status: 503, message: 'Request limit exceeded.' },
    denied: 'UnauthorizedOperation',
    unknownKey: { code: 'AuthFailure', status: 401, message: 'AWS was not able to validate the provided access credentials' },
  },
  query('elasticloadbalancing', 'http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/', elb),
  query('sts', 'https://sts.amazonaws.com/doc/2011-06-15/', sts),
  query('monitoring', 'http://monitoring.amazonaws.com/doc/2010-08-01/', cloudwatch),
  query('iam', 'https://iam.amazonaws.com/doc/2010-05-08/', iam),
  query('ssm', 'http://ssm.amazonaws.com/doc/2014-11-06/', ssm),
]

export const services: ReadonlyMap<string, Service> = new Map(all.map(service => [service.name, service]))
