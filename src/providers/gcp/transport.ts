import { AuthClient, GoogleAuth, PassThroughClient } from 'google-auth-library'
import type { Milliseconds } from '../../domain/time.ts'
import { ProviderError } from '../provider-error.ts'
import { translate } from './errors.ts'

type Request = Parameters<AuthClient['request']>[0]

export interface TransportNeeds {
  readonly env: Readonly<Record<string, string | undefined>>
  /** Plain http on loopback needs no credentials, and must never be given any. */
  readonly plain: boolean
  readonly now: () => Temporal.Instant
}

/** The header that Google's audit log shows; here it also says which request is a strike. */
export const REASON = 'x-goog-request-reason'

const SCOPES = ['https://www.googleapis.com/auth/cloud-platform']

/**
 * What all clients send through. It adds credentials, compares clocks, and lets a request that changes something leave only
 * where a strike has opened the gate for it: each request is sent once, whatever the SDK would do.
 */
export class Transport extends AuthClient {
  readonly #needs: TransportNeeds
  readonly #auth: GoogleAuth | null
  readonly #gates = new Map<string, () => boolean>()
  #skew: Milliseconds | null = null

  constructor(needs: TransportNeeds) {
    super()
    this.#needs = needs
    const keyFilename = needs.env.GOOGLE_APPLICATION_CREDENTIALS
    this.#auth = needs.plain ? null : new GoogleAuth({ scopes: SCOPES, ...(keyFilename ? { keyFilename } : {}) })
  }

  /** Throws where there are no credentials, or wrong ones. */
  async ready(): Promise<void> {
    await this.getRequestHeaders()
  }

  skew(): Milliseconds | null {
    return this.#skew
  }

  /** Lets one request with this reason leave while the permit holds. */
  async gated<Result>(reason: string, mayStillSend: () => boolean, send: () => Promise<Result>): Promise<Result> {
    this.#gates.set(reason, once(mayStillSend))
    try {
      return await send()
    } finally {
      this.#gates.delete(reason)
    }
  }

  async getAccessToken(): Promise<{ token?: string | null }> {
    return this.#auth === null ? {} : { token: (await this.#auth.getAccessToken()) ?? null }
  }

  async getRequestHeaders(url?: string | URL): Promise<Headers> {
    return this.#auth === null ? new PassThroughClient().getRequestHeaders() : await this.#auth.getRequestHeaders(url)
  }

  async request<Answer>(options: Request): ReturnType<typeof this.transporter.request<Answer>> {
    const url = new URL(String(options.url))
    // Documented for lists over all places, and not in the SDK's own words: what one zone cannot answer is told, and no failure of all.
    if (url.pathname.includes('/aggregated/')) url.searchParams.set('returnPartialSuccess', 'true')
    const headers = new Headers(options.headers as Headers)
    for (const [name, value] of await this.getRequestHeaders(url)) headers.set(name, value)
    this.#pass(options.method ?? 'GET', url, headers)
    const sent = this.#needs.now()
    const answer = await this.transporter.request<Answer>({
      ...options,
      url,
      headers,
      retry: false,
      // 401 and 403 are for the SDK to read as well: nobody sends anything again for them.
      validateStatus: () => true,
    })
    // A wait is held back on purpose: its answer says nothing of the clocks.
    if (!url.pathname.endsWith('/wait')) this.#compare(answer.headers.get('date'), sent)
    if (answer.status === 403) refuseThrottled(await answer.clone().text(), nameOf(options.method, url))
    return answer
  }

  #pass(method: string, url: URL, headers: Headers): void {
    if (method === 'GET' || /\/(listManagedInstances|wait)$/.test(url.pathname)) return
    const gate = this.#gates.get(headers.get(REASON) ?? '')
    if (gate?.() === true) return
    const operation = nameOf(method, url)
    const message = `${operation}: the permit for this strike ran out before it could be sent. Nothing was sent.`
    throw new ProviderError(message, { code: 'conflict', operation, mayHaveActed: false })
  }

  #compare(date: string | null, sent: Temporal.Instant): void {
    const milliseconds = date === null ? Number.NaN : Date.parse(date)
    if (Number.isNaN(milliseconds)) return
    // The header has whole seconds, so on average it is half a second behind; the answer was made about half-way.
    this.#skew = Math.round((sent.epochMilliseconds + this.#needs.now().epochMilliseconds) / 2 - (milliseconds + 500))
  }
}

function nameOf(method: string | undefined, url: URL): string {
  return `${method ?? 'GET'} ${url.pathname.split('/').slice(-2).join('/')}`
}

/** Google throttles by 403, told from a refusal by a reason that the SDK leaves out of its errors. */
function refuseThrottled(body: string, operation: string): void {
  const error = translate(Object.assign(new Error(body), { status: 403 }), operation)
  if (error.code === 'throttled') throw error
}

/** A gate opens for one request. */
function once(mayStillSend: () => boolean): () => boolean {
  let open = true
  return () => {
    const may = open && mayStillSend()
    open = false
    return may
  }
}
