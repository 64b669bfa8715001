/**
 * The API accounts of a store. An account that is deleted leaves its hooks behind, and they are signed with its secret.
 */

/** An account to make; `scopes` left out allows everything. */
export interface NewAccount {
  readonly clientId: string
  readonly accessToken: string
  readonly clientSecret: string
  readonly scopes?: ReadonlyArray<string>
}

interface KnownAccount {
  readonly clientId: string
  readonly scopes: ReadonlySet<string> | undefined
}

/** The accounts of a store, those that are gone as far as their hooks need them. */
export class Accounts {
  readonly #byToken = new Map<string, KnownAccount>()
  readonly #secrets = new Map<string, string>()

  constructor(first: NewAccount) {
    this.open(first)
  }

  open({ accessToken, clientId, clientSecret, scopes }: NewAccount): void {
    this.#byToken.set(accessToken, { clientId, scopes: scopes === undefined ? undefined : new Set(scopes) })
    this.#secrets.set(clientId, clientSecret)
  }

  close(clientId: string): void {
    for (const [token, account] of this.#byToken) if (account.clientId === clientId) this.#byToken.delete(token)
  }

  ofToken(token: string): KnownAccount | undefined {
    return this.#byToken.get(token)
  }

  secretOf(clientId: string): string {
    return this.#secrets.get(clientId) ?? ""
  }
}
