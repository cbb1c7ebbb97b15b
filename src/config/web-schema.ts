import { type BlockList, isIP } from 'node:net'
import { z } from 'zod'
import type { Problem } from './config-error.ts'
import type { SourceDocument } from './document.ts'
import { texts } from './fields.ts'
import { isLoopbackUrl } from './loopback.ts'
import { called } from './phrases.ts'

/** Shorter ones can be guessed; `openssl rand -hex 32` makes one of 64. */
export const SHORTEST_TOKEN = 32

/** `127.0.0.1:8080`, `[::1]:8080`, `localhost:8080` */
export const listenSchema = called(
  z
    .string()
    .regex(/^(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9.-]+):\d{1,5}$/)
    .refine(text => Number(text.slice(text.lastIndexOf(':') + 1)) <= 65535),
  'an address and a port',
  '"127.0.0.1:8080"',
)

const origin = called(
  z.string().refine(text => {
    const url = URL.parse(text)
    return url !== null && ['http:', 'https:'].includes(url.protocol) && url.origin === text
  }),
  'the address that browsers use, without a path',
  '"https://firedrill.example.org"',
)

/** Unknown on purpose: the usual message would repeat what is written here. */
const token = z
  .unknown()
  .superRefine((value, context) => {
    if (typeof value !== 'string') context.addIssue({ code: 'custom', message: 'a token must be a text in quotes' })
    else if (value.length < SHORTEST_TOKEN)
      context.addIssue({
        code: 'custom',
        message: `this token has less than ${SHORTEST_TOKEN} characters`,
        params: { suggestion: 'Make one with "openssl rand -hex 32" and pass it in by an environment variable.' },
      })
  })
  .transform(String)
  .meta({ type: 'string', description: `at least ${SHORTEST_TOKEN} characters, such as "\${FIREDRILL_TOKEN}"` })

const role = z.enum(['viewer', 'operator'])

const bearer = z
  .strictObject({
    name: called(z.string().regex(/^[\w.@+-]{1,64}$/), 'a name of letters, digits and . _ @ + -', 'oncall'),
    role,
    token: token.optional(),
    file: called(z.string().min(1), 'a file that holds the token', '/run/secrets/firedrill-oncall').optional(),
  })
  .refine(({ token: text, file }) => (text === undefined) !== (file === undefined), 'a token is given by either token: or file:')

const header = (example: string) => called(z.string().regex(/^[A-Za-z][A-Za-z0-9-]*$/), 'the name of a header', example)

const network = called(
  z.string().refine(text => parseNetwork(text) !== null),
  'an address or network',
  '10.0.0.0/8',
)

const proxy = z.strictObject({
  from: called(z.array(network).min(1), 'a list of addresses and networks', '["10.1.2.3", "10.0.0.0/8"]'),
  userHeader: header('X-Forwarded-User').default('X-Forwarded-User'),
  groupsHeader: header('X-Forwarded-Groups').optional(),
  operators: texts('a user or group', { many: 'users and groups', example: 'sre' }).default([]),
})

export const webSchema = z.strictObject({
  listen: listenSchema.default('127.0.0.1:8080'),
  origin: origin.optional(),
  tokens: called(z.array(bearer), 'a list of tokens', '[{ name: oncall, role: operator, file: /run/secrets/oncall }]').default([]),
  proxy: proxy.optional(),
})

export type WrittenWeb = z.output<typeof webSchema>

/** What no single value shows: a page that anybody could use, or two tokens of one name. */
export function webContradictions(web: WrittenWeb | undefined, doc: SourceDocument): Problem[] {
  if (web === undefined) return []
  const names = web.tokens.map(one => one.name)
  const doubled = names.findIndex((name, index) => names.indexOf(name) !== index)
  const open = isOpenToAll(web.listen, web)
  return [
    ...(doubled === -1
      ? []
      : [doc.problem(['web', 'tokens', doubled, 'name'], { message: `the token name "${names[doubled]}" is taken` })]),
    ...(open
      ? [
          doc.problem(['web', 'listen'], {
            message: openToAll(web.listen),
            suggestion: openToAllAdvice,
          }),
        ]
      : []),
  ]
}

/** Others can reach this address, and nobody would have to say who they are. */
export function isOpenToAll(listen: string, { tokens, proxy }: { readonly tokens: readonly unknown[]; readonly proxy?: unknown }): boolean {
  return !isLoopbackUrl(`http://${listen}`) && tokens.length === 0 && (proxy === undefined || proxy === null)
}

export function openToAll(listen: string): string {
  return `${listen} can be reached from other machines, and nobody would have to say who they are`
}

export const openToAllAdvice = 'Write web.tokens or web.proxy, or listen on 127.0.0.1.'

/** `10.0.0.0/8`, `10.1.2.3`, `fd00::/8`; null for anything else. */
export function parseNetwork(text: string): ((list: BlockList) => void) | null {
  const [address = '', bits, ...rest] = text.split('/')
  const version = isIP(address)
  const longest = version === 4 ? 32 : 128
  const length = bits === undefined ? longest : /^\d{1,3}$/.test(bits) ? Number(bits) : -1
  if (version === 0 || rest.length > 0 || length < 0 || length > longest) return null
  return list => list.addSubnet(address, length, version === 4 ? 'ipv4' : 'ipv6')
}
