/**
 * The paths below `/_sandbox`, by which people play shop and make trouble with curl. `GET /_sandbox` lists them. They
 * need no token: the sandbox listens on this machine only, and bodies must be JSON, which a web page cannot send unasked.
 */
import * as Body from "./ControlShapes.ts"
import type { Clock, ManualClock } from "./Clock.ts"
import type { Faults } from "./Faults.ts"
import type { MerchantItem } from "./Generator.ts"
import type { Answer } from "./Http.ts"
import type { RateLimit } from "./RateLimit.ts"
import { Refusal } from "./Refusal.ts"
import type { RequestLog } from "./RequestLog.ts"
import * as Shape from "./Shape.ts"
import type { Shop } from "./Shop.ts"
import { noIncludes, orderWire } from "./wire/OrderWire.ts"

export interface ControlContext {
  readonly shop: Shop
  readonly faults: Faults
  readonly rateLimit: RateLimit
  readonly log: RequestLog
  readonly clock: Clock
  readonly merchantItems: () => Iterable<MerchantItem>
}

interface Command {
  readonly method: "GET" | "POST" | "PUT" | "DELETE"
  readonly path: string
  readonly summary: string
  readonly run: (context: ControlContext, id: number, body: unknown) => unknown
}

/** How many of the merchant's goods one answer holds. */
const merchantItemsMax = 10_000

const orderOf = (context: ControlContext, id: number) =>
  orderWire(context.shop, "", context.shop.orders.get(id), noIncludes)

const commands: ReadonlyArray<Command> = [
  {
    method: "POST",
    path: "/orders",
    summary: 'place an order: {"lines":[{"sku":"A-1","quantity":2}],"statusId":11}',
    run: (context, _, body) => orderOf(context, context.shop.placeOrder(Body.newOrder(body, "")).id)
  },
  {
    method: "POST",
    path: "/orders/{id}/pay",
    summary: "the payment arrives",
    run: (context, id) => orderOf(context, context.shop.payOrder(id).id)
  },
  {
    method: "POST",
    path: "/orders/{id}/edit",
    summary: 'edit: {"quantities":{"<line id>":3},"staffNotes":"…","statusId":9}',
    run: (context, id, body) => orderOf(context, context.shop.editOrder(id, Body.orderChanges(body, "")).id)
  },
  {
    method: "POST",
    path: "/orders/{id}/ship",
    summary: 'ship the rest of an address, or {"items":[{"lineId":1,"quantity":1}],"trackingNumber":"…"}',
    run: (context, id, body) => context.shop.shipOrder(id, Body.newShipment(body ?? {}, ""))
  },
  {
    method: "POST",
    path: "/orders/{id}/refund",
    summary: 'refund: {"items":[{"itemType":"PRODUCT","itemId":1,"quantity":1}],"restock":true}',
    run: (context, id, body) => context.shop.refundOrder(id, Body.newRefund(body, ""))
  },
  {
    method: "POST",
    path: "/orders/{id}/cancel",
    summary: "cancel",
    run: (context, id) => orderOf(context, context.shop.cancelOrder(id).id)
  },
  {
    method: "POST",
    path: "/orders/{id}/archive",
    summary: "archive",
    run: (context, id) => orderOf(context, context.shop.archiveOrder(id).id)
  },
  {
    method: "POST",
    path: "/products",
    summary: 'add a product: {"name":"Mug","sku":"MUG-1","onHand":5}',
    run: (context, _, body) => ({ id: context.shop.addProduct(Body.newProduct(body, "")) })
  },
  {
    method: "PUT",
    path: "/products/{id}",
    summary: 'edit a product: {"sku":"MUG-2","tracking":"none"}',
    run: (context, id, body) => context.shop.editProduct(id, Body.productEdit(body, ""))
  },
  {
    method: "DELETE",
    path: "/products/{id}",
    summary: "delete a product",
    run: (context, id) => context.shop.deleteProduct(id)
  },
  {
    method: "PUT",
    path: "/variants/{id}",
    summary: 'edit a variant: {"sku":"MUG-2-RED"}',
    run: (context, id, body) => context.shop.editVariant(id, Body.variantEdit(body, ""))
  },
  {
    method: "POST",
    path: "/stock",
    summary:
      'set, receive, keep back or refuse: {"sku":"A-1","locationId":1,"onHand":5}, {"sku":"A-1","receive":12}, ' +
      '{"sku":"A-1","safetyStock":2,"isInStock":false,"backorderLimit":5}, {"sku":"A-1","refuse":"is locked"} (null ends it)',
    run: (context, _, body) => editStock(context.shop, Body.stockEdit(body, ""))
  },
  {
    method: "GET",
    path: "/merchant-items",
    summary: `the goods as the store's owner lists them (the first ${merchantItemsMax})`,
    run: (context) => [...context.merchantItems()].slice(0, merchantItemsMax)
  },
  {
    method: "GET",
    path: "/settings",
    summary: "the store's settings",
    run: (context) => context.shop.settings
  },
  {
    method: "PUT",
    path: "/settings",
    summary: 'change settings: {"plan":"pro","inventoryDelayMillis":2000}',
    run: (context, _, body) => Object.assign(context.shop.settings, Body.settingsEdit(body, ""))
  },
  {
    method: "GET",
    path: "/faults",
    summary: "the fault rules that stand",
    run: (context) => context.faults.rules()
  },
  {
    method: "POST",
    path: "/faults",
    summary: 'add: {"match":{"operation":"GET /v2/orders"},"fault":{"kind":"serverError"},"times":2}',
    run: (context, _, body) => void context.faults.add(Body.faultRule(body, ""))
  },
  {
    method: "POST",
    path: "/spoilt-rows",
    summary: 'spoil a row: {"what":"order","id":101,"path":"status_id","value":99}',
    run: (context, _, body) => void context.shop.spoiltRows.add(Body.spoiltRow(body, ""))
  },
  {
    method: "DELETE",
    path: "/spoilt-rows",
    summary: "take all of them back",
    run: (context) => context.shop.spoiltRows.clear()
  },
  {
    method: "DELETE",
    path: "/faults",
    summary: "take all faults away, of webhooks too",
    run: (context) => {
      context.faults.clear()
      context.shop.webhooks.clearFaults()
    }
  },
  {
    method: "POST",
    path: "/webhook-faults",
    summary: 'add: {"scope":"store/order/created","fault":{"kind":"doubled"},"times":1}',
    run: (context, _, body) => void context.shop.webhooks.addFault(Body.deliveryFaultRule(body, ""))
  },
  {
    method: "GET",
    path: "/deliveries",
    summary: "the tries to deliver webhooks",
    run: (context) => context.shop.webhooks.attempts()
  },
  {
    method: "POST",
    path: "/quota",
    summary: 'other apps use requests of the present window: {"requests":100}',
    run: (context, _, body) => {
      context.rateLimit.othersUse(Shape.object({ requests: Shape.integer }, {})(body, "").requests)
      return { left: context.rateLimit.left, resetMillis: context.rateLimit.resetMillis }
    }
  },
  {
    method: "GET",
    path: "/requests",
    summary: "what clients asked: the last requests, and counts by operation",
    run: (context) => ({
      count: context.log.count(),
      operations: context.log.counts(),
      last: context.log.all().slice(-100)
    })
  },
  {
    method: "DELETE",
    path: "/requests",
    summary: "forget them",
    run: (context) => context.log.clear()
  },
  {
    method: "GET",
    path: "/clock",
    summary: "the store's time",
    run: (context) => ({ now: new Date(context.clock.now()).toISOString(), isManual: isManual(context.clock) })
  },
  {
    method: "POST",
    path: "/clock/advance",
    summary: 'move a manual clock: {"millis":60000}',
    run: async (context, _, body) => {
      const { millis } = Shape.object({ millis: Shape.integer }, {})(body, "")
      if (!isManual(context.clock)) throw new Refusal(409, "The clock of this sandbox is the machine's.")
      await context.clock.advance(millis)
      return { now: new Date(context.clock.now()).toISOString() }
    }
  }
]

const isManual = (clock: Clock): clock is ManualClock => "advance" in clock

const editStock = (shop: Shop, edit: ReturnType<typeof Body.stockEdit>) => {
  const item = Body.itemOf(edit)
  const { backorderLimit, isInStock, locationId, onHand, receive, refuse, safetyStock } = edit
  if (onHand !== undefined) shop.setStock(item, onHand, locationId)
  if (receive !== undefined) shop.receiveStock(item, receive, locationId)
  if (safetyStock !== undefined) shop.setSafetyStock(item, safetyStock, locationId)
  if (isInStock !== undefined) shop.setInStock(item, isInStock, locationId)
  if (backorderLimit !== undefined) shop.setBackorders(item, backorderLimit ?? undefined, locationId)
  if (refuse !== undefined) shop.refuseAdjustments(item, refuse ?? undefined)
  const all = [onHand, receive, safetyStock, isInStock, backorderLimit, refuse]
  if (all.every((said) => said === undefined)) {
    const names = "onHand, receive, safetyStock, isInStock, backorderLimit and refuse"
    throw new Shape.ShapeError(`One of ${names} is missing`)
  }
  return shop.stockLedger(item, locationId)
}

const root = "/_sandbox"

/** The answer to a control request; undefined when there is no such path. */
export const answer = async (
  context: ControlContext,
  method: string,
  path: string,
  body: unknown
): Promise<Answer | undefined> => {
  if (path === root || path === `${root}/`) return { status: 200, body: listing() }
  for (const command of commands) {
    const id = idWithin(command.path, path)
    if (command.method !== method || id === undefined) continue
    try {
      const result = await command.run(context, id, body)
      return result === undefined ? { status: 204 } : { status: 200, body: result }
    } catch (cause) {
      if (cause instanceof Refusal)
        return { status: cause.status, body: { error: cause.message, details: cause.details } }
      if (cause instanceof Shape.ShapeError || cause instanceof RangeError) {
        return { status: 400, body: { error: cause.message } }
      }
      throw cause
    }
  }
  return undefined
}

/** Every control path with what it does. */
export const listing = (): ReadonlyArray<string> =>
  commands.map((command) => `${command.method} ${root}${command.path}: ${command.summary}`)

/** The id in a path that a command's path matches (0 when it has none), or undefined. */
const idWithin = (pattern: string, path: string): number | undefined => {
  const wanted = `${root}${pattern}`.split("/")
  const parts = path.split("/")
  let id = 0
  const isMatch =
    wanted.length === parts.length &&
    wanted.every((segment, at) => {
      const part = parts[at] ?? ""
      if (segment !== "{id}") return segment === part
      id = Number(part)
      return /^\d+$/.test(part)
    })
  return isMatch ? id : undefined
}
