/** May look, or may also halt, resume and clear. */
export type Role = 'viewer' | 'operator'

/** Who a request comes from; `name` is what stands beside a change in the ledger. */
export interface Identity {
  readonly name: string
  readonly role: Role
  readonly how: 'local' | 'token' | 'session' | 'proxy'
}
