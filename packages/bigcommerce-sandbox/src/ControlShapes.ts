/** The bodies of the control paths: the library's own argument types as JSON. */
import type { DeliveryFaultRule } from "./Webhooks.ts"
import type { Fault, FaultRule } from "./Faults.ts"
import type { NewLine, NewOrder } from "./NewOrder.ts"
import type { Settings } from "./Settings.ts"
import * as Shape from "./Shape.ts"
import type { ItemName } from "./Shop.ts"
import type { SpoiltRow } from "./SpoiltRows.ts"

const address = Shape.object(
  {},
  {
    firstName: Shape.string,
    lastName: Shape.string,
    company: Shape.string,
    street1: Shape.string,
    street2: Shape.string,
    city: Shape.string,
    state: Shape.string,
    zip: Shape.string,
    country: Shape.string,
    countryIso2: Shape.string,
    phone: Shape.string,
    email: Shape.string
  }
)

const line: Shape.Shape<NewLine> = (value, path) =>
  Shape.object(
    {},
    {
      sku: Shape.string,
      variantId: Shape.integer,
      productId: Shape.integer,
      quantity: Shape.integer,
      price: Shape.number,
      custom: Shape.object({ name: Shape.string }, { sku: Shape.string }),
      giftCertificate: Shape.object({ recipientEmail: Shape.string }, {}),
      address: Shape.integer,
      pickupAt: Shape.integer,
      parts: Shape.list(line),
      wrapping: Shape.object({ name: Shape.string, cost: Shape.number }, {})
    }
  )(value, path)

export const newOrder: Shape.Shape<NewOrder> = Shape.object(
  { lines: Shape.list(line) },
  {
    statusId: Shape.integer,
    customerId: Shape.integer,
    channelId: Shape.integer,
    billing: address,
    addresses: Shape.list(address),
    shippingCost: Shape.number,
    handlingCost: Shape.number,
    discount: Shape.number,
    coupon: Shape.object({ code: Shape.string, amount: Shape.number }, {}),
    fees: Shape.list(Shape.object({ name: Shape.string, cost: Shape.number }, {})),
    isTaxInclusive: Shape.boolean,
    currencyCode: Shape.string,
    exchangeRate: Shape.number,
    paymentMethod: Shape.string,
    externalOrderId: Shape.nullable(Shape.string),
    staffNotes: Shape.string,
    customerMessage: Shape.string,
    oversell: Shape.boolean
  }
)

export const orderChanges = Shape.object(
  {},
  {
    statusId: Shape.integer,
    quantities: Shape.record(Shape.integer),
    addLines: Shape.list(line),
    staffNotes: Shape.string,
    customerMessage: Shape.string,
    externalOrderId: Shape.nullable(Shape.string),
    paymentMethod: Shape.string,
    discount: Shape.number,
    billing: address
  }
)

export const newShipment = Shape.object(
  {},
  {
    addressId: Shape.integer,
    items: Shape.list(Shape.object({ lineId: Shape.integer, quantity: Shape.integer }, {})),
    trackingNumber: Shape.string,
    trackingLink: Shape.string,
    trackingCarrier: Shape.string,
    shippingProvider: Shape.string,
    shippingMethod: Shape.string,
    comments: Shape.string
  }
)

export const newRefund = Shape.object(
  {
    items: Shape.list(
      Shape.object(
        {
          itemType: Shape.literal("PRODUCT", "GIFT_WRAPPING", "SHIPPING", "HANDLING", "ORDER", "FEE"),
          itemId: Shape.integer
        },
        { quantity: Shape.integer, amount: Shape.number, reason: Shape.string }
      )
    )
  },
  { reason: Shape.string, provider: Shape.string, isDeclined: Shape.boolean, restock: Shape.boolean }
)

export const newProduct = Shape.object(
  { name: Shape.string },
  {
    sku: Shape.string,
    tracking: Shape.literal("none", "product", "variant"),
    isDigital: Shape.boolean,
    isVisible: Shape.boolean,
    price: Shape.number,
    weight: Shape.number,
    upc: Shape.string,
    onHand: Shape.integer,
    variants: Shape.list(
      Shape.object(
        {},
        { sku: Shape.string, price: Shape.number, onHand: Shape.integer, options: Shape.record(Shape.string) }
      )
    )
  }
)

export const productEdit = Shape.object(
  {},
  {
    name: Shape.string,
    sku: Shape.string,
    upc: Shape.string,
    price: Shape.number,
    weight: Shape.number,
    isVisible: Shape.boolean,
    tracking: Shape.literal("none", "product", "variant")
  }
)

export const variantEdit = Shape.object({}, { sku: Shape.string, upc: Shape.string })

/** What is said of an item at a location: a level to set, units to add, what is kept back, or a refusal (null ends it). */
export const stockEdit = Shape.object(
  {},
  {
    sku: Shape.string,
    variantId: Shape.integer,
    productId: Shape.integer,
    locationId: Shape.integer,
    onHand: Shape.integer,
    receive: Shape.integer,
    safetyStock: Shape.integer,
    isInStock: Shape.boolean,
    backorderLimit: Shape.nullable(Shape.integer),
    refuse: Shape.nullable(Shape.string)
  }
)

export const spoiltRow: Shape.Shape<SpoiltRow> = (value, path) => {
  const names = {
    what: Shape.literal("order", "product", "variant", "item"),
    id: Shape.integer,
    path: Shape.string
  }
  return Shape.object({ ...names, value: (other: unknown) => other }, {})(value, path)
}

/** The item that a stock edit names. */
export const itemOf = (edit: ReturnType<typeof stockEdit>): ItemName => {
  if (edit.sku !== undefined) return { sku: edit.sku }
  if (edit.variantId !== undefined) return { variantId: edit.variantId }
  if (edit.productId !== undefined) return { productId: edit.productId }
  throw new Shape.ShapeError("One of sku, variantId and productId is missing")
}

const kinds = {
  latency: Shape.object({ kind: Shape.literal("latency"), millis: Shape.integer }, {}),
  timeoutBefore: Shape.object({ kind: Shape.literal("timeoutBefore") }, { silent: Shape.boolean }),
  timeoutAfter: Shape.object({ kind: Shape.literal("timeoutAfter") }, { silent: Shape.boolean }),
  tooManyRequests: Shape.object(
    { kind: Shape.literal("tooManyRequests") },
    { headers: Shape.boolean, retryAfterSeconds: Shape.integer, omits: Shape.literal("reset", "retryAfter") }
  ),
  serverError: Shape.object(
    { kind: Shape.literal("serverError") },
    { status: Shape.integer, body: Shape.literal("html", "empty", "json"), after: Shape.boolean }
  ),
  htmlBody: Shape.object({ kind: Shape.literal("htmlBody") }, {}),
  cutBody: Shape.object({ kind: Shape.literal("cutBody") }, { silent: Shape.boolean }),
  truncatedSideLoad: Shape.object(
    { kind: Shape.literal("truncatedSideLoad") },
    { orderIds: Shape.list(Shape.integer) }
  ),
  staleRead: Shape.object({ kind: Shape.literal("staleRead") }, {})
} as const

/** The names of the faults of requests. */
export const faultKinds = Object.keys(kinds) as ReadonlyArray<Fault["kind"]>

const kindOf = (value: unknown, path: string): string => {
  const isObject = typeof value === "object" && value !== null && "kind" in value
  return Shape.string(isObject ? value.kind : undefined, `${path}.kind`)
}

const fault: Shape.Shape<Fault> = (value, path) => {
  const kind = Shape.literal(...faultKinds)(kindOf(value, path), `${path}.kind`)
  return kinds[kind](value, path)
}

export const faultRule: Shape.Shape<FaultRule> = Shape.object(
  { fault },
  {
    match: Shape.object({}, { method: Shape.string, operation: Shape.string, url: Shape.string }),
    times: Shape.integer,
    skip: Shape.integer,
    probability: Shape.number
  }
)

const deliveryKinds = {
  lost: Shape.object({ kind: Shape.literal("lost") }, {}),
  late: Shape.object({ kind: Shape.literal("late"), millis: Shape.integer }, {}),
  doubled: Shape.object({ kind: Shape.literal("doubled") }, { times: Shape.integer }),
  reordered: Shape.object({ kind: Shape.literal("reordered") }, {})
} as const

export const deliveryFaultRule: Shape.Shape<DeliveryFaultRule> = Shape.object(
  {
    fault: (value, path) => {
      const kind = Shape.literal("lost", "late", "doubled", "reordered")(kindOf(value, path), `${path}.kind`)
      return deliveryKinds[kind](value, path)
    }
  },
  { scope: Shape.string, times: Shape.integer }
)

const channelSettings: Shape.Shape<Settings["channels"]> = Shape.record(
  Shape.object(
    {},
    {
      updateStockBehavior: Shape.literal("order_placed", "order_completed_or_shipped"),
      editOrderStockAdjustment: Shape.boolean,
      refundOrderStockAdjustment: Shape.boolean
    }
  )
)

export const settingsEdit = Shape.object(
  {},
  {
    plan: Shape.literal("standard", "plus", "pro", "enterprise"),
    storeName: Shape.string,
    updateStockBehavior: Shape.literal("order_placed", "order_completed_or_shipped"),
    editOrderStockAdjustment: Shape.boolean,
    refundOrderStockAdjustment: Shape.boolean,
    channels: channelSettings,
    sellsFrom: Shape.literal("defaultLocation", "allLocations"),
    isSuspended: Shape.boolean,
    listsArchivedOrders: Shape.boolean,
    contradictions: Shape.literal("asTextSays", "asSchemaSays"),
    inventoryDelayMillis: Shape.integer
  }
)
