import type { IncomingMessage } from 'node:http'
import { Parameters } from './parameters.ts'

/** Whom a request says it is from and whom it is for: the credential scope of its signature. */
export interface Signature {
  readonly accessKey: string
  readonly region: string
  readonly service: string
}

/** `Credential=<key>/<date>/<region>/<service>/aws4_request`, or null where there is none. */
export function readSignature(authorization: string | undefined): Signature | null {
  const match = /^AWS4-HMAC-SHA256 .*Credential=([^/,\s]+)\/\d{8}\/([^/]+)\/([^/]+)\/aws4_request/.exec(authorization ?? '')
  if (match === null || !/Signature=[0-9a-f]{64}/.test(authorization ?? '')) return null
  const [, accessKey = '', region = '', service = ''] = match
  return { accessKey, region, service }
}

export type Encoding = 'xml' | 'json'

export interface ReadRequest {
  readonly operation: string
  readonly input: Parameters
  readonly encoding: Encoding
}

/** The query protocol's form, or JSON with its operation in a header; null where it is neither. */
export function readRequest(message: IncomingMessage, body: string): ReadRequest | null {
  const target = message.headers['x-amz-target']
  if (typeof target === 'string') {
    const json: unknown = body === '' ? {} : JSON.parse(body)
    return { operation: target.split('.').at(-1) ?? '', input: Parameters.fromJson(json), encoding: 'json' }
  }
  const search = message.method === 'GET' ? (message.url ?? '').split('?')[1] : body
  const input = Parameters.fromForm(search ?? '')
  const operation = input.text('Action')
  return operation === undefined ? null : { operation, input, encoding: 'xml' }
}
