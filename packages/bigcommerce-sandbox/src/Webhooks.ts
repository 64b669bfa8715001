/**
 * Hooks and their delivery.
 *
 * A delivery is a POST with pointers to what changed, signed as Standard Webhooks prescribes (HMAC-SHA256 of
 * `id.timestamp.body` under the account's client secret) and carrying the hook's own headers. Whatever is not answered
 * with 2xx is tried again after the documented delays on the sandbox's clock, and after the last one the hook is
 * deactivated. A hook outlives the account that made it: it delivers on, and no other account sees it. Order is that of the events for each hook as long as nothing fails; nothing promises it.
 */
import { createHash, createHmac } from "node:crypto"
import type { Clock } from "./Clock.ts"
import * as Dates from "./Dates.ts"
import type { Events, ShopEvent } from "./Events.ts"
import type { Random } from "./Random.ts"
import { Refusal } from "./Refusal.ts"

/** A webhook as its owner registered it. */
export interface Hook {
  readonly id: number
  readonly clientId: string
  scope: string
  destination: string
  headers: Readonly<Record<string, string>>
  isActive: boolean
  /** Deactivated by the shop, not by its owner. */
  isDeactivated: boolean
  readonly createdMillis: number
  updatedMillis: number
  lastEventMillis: number
}

/** A webhook to register. */
export interface NewHook {
  readonly scope: string
  readonly destination: string
  readonly isActive?: boolean
  readonly headers?: Readonly<Record<string, string>>
}

/** What goes wrong with a delivery. */
export type DeliveryFault =
  /** It is never sent. */
  | { readonly kind: "lost" }
  | { readonly kind: "late"; readonly millis: number }
  /** It is sent that many times; default 2. */
  | { readonly kind: "doubled"; readonly times?: number }
  /** It is sent after the next one. */
  | { readonly kind: "reordered" }

/** A fault and the deliveries it meets. */
export interface DeliveryFaultRule {
  /** The scope it meets; default all. */
  readonly scope?: string
  readonly fault: DeliveryFault
  /** How many deliveries it meets; default 1. */
  readonly times?: number
}

/** One try to deliver, as it ended. */
export interface Attempt {
  readonly hookId: number
  readonly scope: string
  readonly messageId: string
  readonly hash: string
  readonly atMillis: number
  /** 0 for the first try. */
  readonly retry: number
  /** The destination's status, or 0 when there was no answer. */
  readonly status: number
}

/** A destination that gets nothing for a while. */
export interface BlockedDomain {
  readonly destination: string
  readonly untilMillis: number
  readonly failures: number
}

/** What webhooks need of the shop. */
export interface WebhooksOptions {
  readonly storeHash: string
  /** The client secret of an account: its hooks are signed with it, also when the account is gone. */
  readonly secretOf: (clientId: string) => string
  readonly clock: Clock
  readonly events: Events
  readonly random: Random
  /** Allows http and any port, for receivers on this machine. */
  readonly allowInsecureDestinations?: boolean
}

/** Seconds from one try to the next; after the last the hook is deactivated. */
export const retryDelaysSeconds: ReadonlyArray<number> = [
  60, 180, 300, 600, 900, 1800, 3600, 7200, 21_600, 50_400, 86_400
]

/** The most hooks of one account for one scope. */
export const hooksPerScopeMax = 10
const headersMax = 64
const headersBytesMax = 8192
const answerMillisMax = 10_000
const attemptsKeptMax = 10_000
const idleDaysMax = 90
const blockWindowMillis = 120_000
const blockSampleMin = 100
const blockSuccessMin = 0.9
const blockMillis = 180_000
/** How many deliveries may wait for their turn; what comes beyond is lost, as the shop warns. */
const deliveriesWaitingMax = 100_000
/** How long a reordered delivery waits for a younger one. */
const heldMillisMax = 60_000
const storeId = "1025646"

const scopeForm = /^store\/[a-z*]+(\/[A-Za-z0-9_*]+)*$/

interface Message {
  readonly id: string
  readonly body: string
  readonly hash: string
  readonly scope: string
}

interface DomainRecord {
  windowEndsMillis: number
  tries: number
  failures: number
  blockedUntilMillis: number
}

/** The hooks of a store and their deliveries. */
export class Webhooks {
  readonly #options: WebhooksOptions
  readonly #hooks = new Map<number, Hook>()
  readonly #chains = new Map<number, Promise<void>>()
  readonly #held = new Map<number, Array<Message>>()
  readonly #domains = new Map<string, DomainRecord>()
  #attempts: Array<Attempt> = []
  #faults: Array<DeliveryFaultRule & { left: number }> = []
  #emails: ReadonlyArray<string> = []
  #nextId = 1
  #isClosed = false
  #waiting = 0

  constructor(options: WebhooksOptions) {
    this.#options = options
    options.events.subscribe((event) => this.#onEvent(event))
  }

  // Hooks

  all(clientId: string): ReadonlyArray<Hook> {
    this.#deactivateIdle()
    return [...this.#hooks.values()].filter((hook) => hook.clientId === clientId)
  }

  get(clientId: string, id: number): Hook {
    const hook = this.#hooks.get(id)
    if (hook === undefined || hook.clientId !== clientId) throw new Refusal(404, "Not found")
    return hook
  }

  create(clientId: string, hook: NewHook): Hook {
    this.#requireValid(clientId, undefined, hook)
    const now = this.#options.clock.now()
    const created: Hook = {
      id: 18_048_286 + this.#nextId++,
      clientId,
      scope: hook.scope,
      destination: hook.destination,
      headers: hook.headers ?? {},
      isActive: hook.isActive ?? true,
      isDeactivated: false,
      createdMillis: now,
      updatedMillis: now,
      lastEventMillis: now
    }
    this.#hooks.set(created.id, created)
    return created
  }

  edit(hook: Hook, changes: Partial<NewHook>): void {
    this.#requireValid(hook.clientId, hook.id, { scope: hook.scope, destination: hook.destination, ...changes })
    hook.scope = changes.scope ?? hook.scope
    hook.destination = changes.destination ?? hook.destination
    hook.headers = changes.headers ?? hook.headers
    hook.isActive = changes.isActive ?? hook.isActive
    if (changes.isActive === true) {
      hook.isDeactivated = false
      hook.lastEventMillis = this.#options.clock.now()
    }
    hook.updatedMillis = this.#options.clock.now()
  }

  remove(hook: Hook): void {
    this.#hooks.delete(hook.id)
  }

  get emails(): ReadonlyArray<string> {
    return this.#emails
  }

  setEmails(emails: ReadonlyArray<string>): void {
    this.#emails = emails
  }

  blockedDomains(): ReadonlyArray<BlockedDomain> {
    const now = this.#options.clock.now()
    return [...this.#domains]
      .filter(([, record]) => record.blockedUntilMillis > now)
      .map(([destination, record]) => ({
        destination,
        untilMillis: record.blockedUntilMillis,
        failures: record.failures
      }))
  }

  #requireValid(clientId: string, id: number | undefined, hook: NewHook): void {
    if (!scopeForm.test(hook.scope)) throw new Refusal(400, "Input is invalid.")
    this.#requireDestination(hook.destination)
    const headers = Object.entries(hook.headers ?? {})
    const bytes = headers.reduce((most, [name, value]) => Math.max(most, Buffer.byteLength(name + value)), 0)
    if (headers.length > headersMax || bytes >= headersBytesMax) throw new Refusal(422, "Too many headers.")
    const sameScope = [...this.#hooks.values()].filter(
      (other) => other.id !== id && other.clientId === clientId && other.scope === hook.scope
    )
    if (sameScope.some((other) => other.destination === hook.destination)) {
      throw new Refusal(422, "A webhook with this scope and destination exists already.", {
        destination: "error.exists"
      })
    }
    if (sameScope.length >= hooksPerScopeMax) {
      throw new Refusal(422, `There can be ${hooksPerScopeMax} webhooks with the same scope.`, { scope: "error.limit" })
    }
  }

  #requireDestination(destination: string): void {
    const url = URL.canParse(destination) ? new URL(destination) : undefined
    if (url === undefined) throw new Refusal(422, "JSON data is missing or invalid", { destination: "error.invalid" })
    if (this.#options.allowInsecureDestinations === true) return
    if (url.protocol !== "https:" || (url.port !== "" && url.port !== "443"))
      throw new Refusal(400, "Input is invalid.")
  }

  #deactivateIdle(): void {
    const oldest = this.#options.clock.now() - idleDaysMax * 86_400_000
    for (const hook of this.#hooks.values()) {
      if (hook.isActive && hook.lastEventMillis < oldest) this.#deactivate(hook)
    }
  }

  #deactivate(hook: Hook): void {
    hook.isActive = false
    hook.isDeactivated = true
    hook.updatedMillis = this.#options.clock.now()
  }

  // Delivery

  /** Adds trouble to deliveries; the answer takes it away. */
  addFault(rule: DeliveryFaultRule): () => void {
    const active = { ...rule, left: rule.times ?? 1 }
    this.#faults.push(active)
    return () => void (this.#faults = this.#faults.filter((other) => other !== active))
  }

  clearFaults(): void {
    this.#faults = []
  }

  /** Resolves when no delivery is under way (retries that wait for their time are not under way). */
  async idle(): Promise<void> {
    while (this.#chains.size > 0) await Promise.all(this.#chains.values())
  }

  attempts(): ReadonlyArray<Attempt> {
    return this.#attempts
  }

  close(): void {
    this.#isClosed = true
  }

  #onEvent(event: ShopEvent): void {
    if (this.#hooks.size === 0) return
    this.#deactivateIdle()
    for (const hook of this.#hooks.values()) {
      if (!hook.isActive || !scopeMatches(hook.scope, event.scope)) continue
      hook.lastEventMillis = event.atMillis
      this.#deliver(hook, this.#messageOf(event))
    }
  }

  #messageOf(event: ShopEvent): Message {
    const payload = {
      scope: event.scope,
      store_id: storeId,
      data: event.data,
      created_at: Dates.unixSeconds(event.atMillis),
      producer: `stores/${this.#options.storeHash}`
    }
    const hash = createHash("sha1").update(JSON.stringify(payload)).digest("hex")
    const id = `msg_${this.#options.random.uuid().replaceAll("-", "")}`
    return { id, body: JSON.stringify({ ...payload, hash }), hash, scope: event.scope }
  }

  #deliver(hook: Hook, message: Message): void {
    const fault = this.#nextFault(message.scope)
    const held = this.#held.get(hook.id)
    if (fault?.kind === "reordered") {
      this.#held.set(hook.id, [...(held ?? []), message])
      this.#options.clock.at(this.#options.clock.now() + heldMillisMax, () => this.#release(hook))
      return
    }
    if (fault?.kind === "late") {
      const due = this.#options.clock.now() + fault.millis
      this.#options.clock.at(due, () => this.#send(hook, message, 0))
    } else if (fault?.kind !== "lost") {
      const times = fault?.kind === "doubled" ? (fault.times ?? 2) : 1
      for (let time = 0; time < times; time++) void this.#send(hook, message, 0)
    }
    void this.#release(hook)
  }

  /** Sends what was held back to arrive behind something younger. */
  async #release(hook: Hook): Promise<void> {
    const held = this.#held.get(hook.id) ?? []
    this.#held.delete(hook.id)
    await Promise.all(held.map((message) => this.#send(hook, message, 0)))
  }

  #nextFault(scope: string): DeliveryFault | undefined {
    const rule = this.#faults.find((candidate) => candidate.scope === undefined || candidate.scope === scope)
    if (rule === undefined) return undefined
    rule.left--
    if (rule.left <= 0) this.#faults = this.#faults.filter((other) => other !== rule)
    return rule.fault
  }

  /** Sends behind what this hook is being sent; resolves when it was answered or given up. */
  #send(hook: Hook, message: Message, retry: number): Promise<void> {
    if (this.#waiting >= deliveriesWaitingMax) return Promise.resolve()
    this.#waiting++
    const before = this.#chains.get(hook.id) ?? Promise.resolve()
    const chain = before
      .then(() => this.#attempt(hook, message, retry))
      .finally(() => {
        this.#waiting--
        if (this.#chains.get(hook.id) === chain) this.#chains.delete(hook.id)
      })
    this.#chains.set(hook.id, chain)
    return chain
  }

  async #attempt(hook: Hook, message: Message, retry: number): Promise<void> {
    if (this.#isClosed || !this.#hooks.has(hook.id) || (!hook.isActive && retry > 0)) return
    const isBlocked = this.#domainOf(hook).blockedUntilMillis > this.#options.clock.now()
    const status = isBlocked ? 0 : await this.#post(hook, message)
    if (this.#attempts.length >= attemptsKeptMax * 2) this.#attempts = this.#attempts.slice(-attemptsKeptMax)
    this.#attempts.push({
      hookId: hook.id,
      scope: message.scope,
      messageId: message.id,
      hash: message.hash,
      atMillis: this.#options.clock.now(),
      retry,
      status
    })
    const isDelivered = status >= 200 && status < 300
    if (!isBlocked) this.#judgeDomain(hook, isDelivered)
    if (!isDelivered) this.#afterFailure(hook, message, retry)
  }

  #afterFailure(hook: Hook, message: Message, retry: number): void {
    const delay = retryDelaysSeconds[retry]
    if (delay === undefined) {
      this.#deactivate(hook)
      this.#tellException(hook, 90_002, "Webhook delivery retries are exhausted, the webhook is disabled")
      return
    }
    if (retry === 0) {
      this.#tellException(hook, 90_001, `Non-200 response received when delivering to ${hook.destination}, will retry`)
    }
    const due = this.#options.clock.now() + delay * 1000
    this.#options.clock.at(due, () => this.#send(hook, message, retry + 1))
  }

  #tellException(hook: Hook, code: number, text: string): void {
    if (hook.scope === "store/hook/deliveryException") return
    const data = { type: "webhook", id: hook.id, error_code: code, message: text }
    this.#options.events.emit("store/hook/deliveryException", data)
  }

  #domainOf(hook: Hook): DomainRecord {
    const host = new URL(hook.destination).host
    const now = this.#options.clock.now()
    const known = this.#domains.get(host) ?? { windowEndsMillis: 0, tries: 0, failures: 0, blockedUntilMillis: 0 }
    if (known.windowEndsMillis <= now && known.blockedUntilMillis <= now) {
      known.windowEndsMillis = now + blockWindowMillis
      known.tries = 0
      known.failures = 0
    }
    this.#domains.set(host, known)
    return known
  }

  #judgeDomain(hook: Hook, isDelivered: boolean): void {
    const record = this.#domainOf(hook)
    record.tries++
    if (!isDelivered) record.failures++
    const success = 1 - record.failures / record.tries
    const now = this.#options.clock.now()
    if (record.tries < blockSampleMin || success >= blockSuccessMin || record.blockedUntilMillis > now) return
    record.blockedUntilMillis = now + blockMillis
    this.#tellException(hook, 90_003, `The domain of ${hook.destination} is blocked for three minutes`)
  }

  async #post(hook: Hook, message: Message): Promise<number> {
    const timestamp = String(Dates.unixSeconds(this.#options.clock.now()))
    const signature = sign(this.#options.secretOf(hook.clientId), message.id, timestamp, message.body)
    try {
      const response = await fetch(hook.destination, {
        method: "POST",
        headers: {
          ...hook.headers,
          "content-type": "application/json",
          "webhook-id": message.id,
          "webhook-timestamp": timestamp,
          "webhook-signature": signature
        },
        body: message.body,
        redirect: "manual",
        signal: AbortSignal.timeout(answerMillisMax)
      })
      await response.body?.cancel()
      return response.status
    } catch {
      return 0
    }
  }
}

/** The Standard Webhooks signature of a message: the key is the client secret's bytes. */
export const sign = (clientSecret: string, id: string, timestamp: string, body: string): string =>
  `v1,${createHmac("sha256", clientSecret).update(`${id}.${timestamp}.${body}`).digest("base64")}`

/** Whether a hook's scope covers an event's; a star stands for one part, a last star for everything below. */
export const scopeMatches = (hookScope: string, eventScope: string): boolean => {
  if (hookScope === eventScope) return true
  const wanted = hookScope.split("/")
  const parts = eventScope.split("/")
  if (wanted.at(-1) === "*" && parts.length >= wanted.length) parts.length = wanted.length
  return wanted.length === parts.length && wanted.every((part, at) => part === "*" || part === parts[at])
}
