/**
 * What a person or a test says to place an order, and how it becomes an order with all its amounts. Amounts are plain
 * decimals here (12.5); they become exact inside.
 */
import type { Catalog } from "./Catalog.ts"
import {
  type Address,
  type AppliedDiscount,
  discountedTotal,
  noCost,
  type Order,
  type OrderLine,
  type OrderOption,
  type Pickup,
  type ShippingAddress,
  status,
  type Taxed
} from "./Order.ts"
import * as Money from "./Money.ts"
import { invalidField, Refusal } from "./Refusal.ts"

/** One line to sell. Says what by `sku`, `variantId` or `productId`; or is custom; or is a gift certificate. */
export interface NewLine {
  readonly sku?: string
  readonly variantId?: number
  readonly productId?: number
  readonly quantity?: number
  /** Price of one unit; default is the listing's. */
  readonly price?: number
  /** Both prices of one unit, where the caller dictates them (as the API does). */
  readonly prices?: { readonly exTax: number; readonly incTax: number }
  /** A line for something that is not in the catalogue. */
  readonly custom?: { readonly name: string; readonly sku?: string }
  readonly giftCertificate?: { readonly recipientEmail: string }
  /** Which of the order's addresses it goes to; default the first. */
  readonly address?: number
  /** The location where the shopper collects it, instead of an address. */
  readonly pickupAt?: number
  /** Chosen parts of a pick list: lines of their own with price 0. */
  readonly parts?: ReadonlyArray<NewLine>
  readonly wrapping?: { readonly name: string; readonly cost: number }
  readonly options?: ReadonlyArray<OrderOption>
}

/** An order to place. Everything but the lines has a default. */
export interface NewOrder {
  readonly lines: ReadonlyArray<NewLine>
  /** Default 11, Awaiting Fulfillment: paid. */
  readonly statusId?: number
  readonly customerId?: number
  readonly channelId?: number
  readonly billing?: Partial<Address>
  readonly addresses?: ReadonlyArray<Partial<Address>>
  /** Shipping for each address. */
  readonly shippingCost?: number
  readonly handlingCost?: number
  /** A manual discount on the whole order. */
  readonly discount?: number
  readonly coupon?: { readonly code: string; readonly amount: number }
  readonly fees?: ReadonlyArray<{ readonly name: string; readonly cost: number }>
  readonly storeCredit?: number
  readonly giftCertificate?: number
  readonly isTaxInclusive?: boolean
  readonly currencyCode?: string
  readonly exchangeRate?: number
  readonly paymentMethod?: string
  readonly externalOrderId?: string | null
  readonly externalSource?: string | null
  readonly staffNotes?: string
  readonly customerMessage?: string
  readonly orderSource?: string
  /** When it was placed; default now. */
  readonly createdMillis?: number
  /** Sells what is not there, as two shoppers at the same moment can. */
  readonly oversell?: boolean
}

/** What composing an order needs to know of the shop. */
export interface ComposeContext {
  readonly catalog: Catalog
  readonly taxRate: number
  readonly isTaxInclusive: boolean
  readonly currency: string
  readonly nowMillis: number
  readonly nextId: (kind: "line" | "address" | "pickup" | "coupon" | "fee" | "giftCertificate") => number
  readonly uuid: () => string
}

const addressDefault: Address = {
  firstName: "Jane",
  lastName: "Doe",
  company: "",
  street1: "455 Main Street",
  street2: "",
  city: "Austin",
  state: "Texas",
  zip: "78751",
  country: "United States",
  countryIso2: "US",
  phone: "555-123-4567",
  email: "janedoe@example.com"
}

/** An order with these lines; it has an id, a status and amounts, and has moved no stock. */
export const compose = (context: ComposeContext, id: number, order: NewOrder): Order => {
  if (order.lines.length === 0) throw invalidField("products")
  const isTaxInclusive = order.isTaxInclusive ?? context.isTaxInclusive
  const taxed = (amount: number): Taxed => withTax(Money.of(amount), context.taxRate, isTaxInclusive)
  const addresses = composeAddresses(context, order, taxed)
  const pickups: Array<Pickup> = []
  const lines = order.lines.flatMap((line) => composeLine(context, line, addresses, pickups, taxed, null))
  const createdMillis = Math.floor((order.createdMillis ?? context.nowMillis) / 1000) * 1000
  const statusId = order.statusId ?? status.awaitingFulfillment
  const result: Order = {
    id,
    customerId: order.customerId ?? 0,
    channelId: order.channelId ?? 1,
    cartId: context.uuid(),
    statusId,
    createdMillis,
    modifiedMillis: createdMillis,
    shippedMillis: undefined,
    lines,
    addresses,
    pickups,
    billing: { ...addressDefault, ...order.addresses?.[0], ...order.billing },
    coupons: [],
    fees: (order.fees ?? []).map((fee) => ({
      id: context.nextId("fee"),
      name: fee.name,
      source: "AA",
      cost: taxed(fee.cost)
    })),
    messages: [],
    currencyCode: order.currencyCode ?? context.currency,
    exchangeRate: order.exchangeRate ?? 1,
    isTaxInclusive,
    taxRate: context.taxRate,
    discount: Money.of(order.discount ?? 0),
    storeCredit: Money.of(order.storeCredit ?? 0),
    giftCertificate: Money.of(order.giftCertificate ?? 0),
    paymentMethod: order.paymentMethod ?? "Credit Card",
    paymentProviderId: "",
    paymentStatus: paymentStatusOf(statusId),
    refundedAmount: 0,
    externalOrderId: order.externalOrderId ?? null,
    externalId: null,
    externalSource: order.externalSource ?? null,
    orderSource: order.orderSource ?? "www",
    staffNotes: order.staffNotes ?? "",
    customerMessage: order.customerMessage ?? "",
    customerLocale: "en",
    isArchived: false
  }
  if (order.coupon !== undefined) addCoupon(context, result, order.coupon)
  spreadDiscounts(result)
  return result
}

/** What the payment of an order that was created in a status looks like. */
export const paymentStatusOf = (statusId: number): string => {
  if (statusId === status.incomplete || statusId === status.pending || statusId === status.awaitingPayment) return ""
  if (statusId === status.declined) return "declined"
  if (statusId === status.cancelled) return "void"
  if (statusId === status.manualVerificationRequired) return "held for review"
  if (statusId === status.refunded) return "refunded"
  return statusId === status.partiallyRefunded ? "partially refunded" : "captured"
}

/** An amount in its three forms. */
export const withTax = (amount: number, rate: number, isTaxInclusive: boolean): Taxed => {
  if (isTaxInclusive) {
    const tax = Money.taxWithin(amount, rate)
    return { exTax: amount - tax, incTax: amount, tax }
  }
  const tax = Money.tax(amount, rate)
  return { exTax: amount, incTax: amount + tax, tax }
}

const composeAddresses = (
  context: ComposeContext,
  order: NewOrder,
  taxed: (amount: number) => Taxed
): Array<ShippingAddress> => {
  const goesNowhere = (line: NewLine): boolean =>
    line.pickupAt !== undefined || line.giftCertificate !== undefined || isDigitalLine(context.catalog, line)
  if (order.lines.every(goesNowhere)) return []
  return (order.addresses ?? [{}]).map((address) => ({
    id: context.nextId("address"),
    address: { ...addressDefault, ...address },
    shippingMethod: "Flat Rate",
    cost: taxed(order.shippingCost ?? 8),
    handling: order.handlingCost === undefined ? noCost : taxed(order.handlingCost)
  }))
}

const isDigitalLine = (catalog: Catalog, line: NewLine): boolean =>
  line.custom === undefined &&
  line.giftCertificate === undefined &&
  catalog.isDigital(catalog.productOf(variantOf(catalog, line)))

/** The variant that a line names. */
export const variantOf = (catalog: Catalog, line: NewLine): number => {
  if (line.variantId !== undefined && line.variantId !== 0) {
    const variant = catalog.variantRow(line.variantId)
    if (variant === undefined) throw new Refusal(400, `There is no variant with id ${line.variantId}.`)
    return variant
  }
  if (line.productId !== undefined) {
    const product = catalog.productRow(line.productId)
    const variants = product === undefined ? [] : catalog.variantsOf(product)
    const first = variants[0]
    if (first === undefined) throw new Refusal(400, `There is no product with id ${line.productId}.`)
    if (variants.length > 1) throw new Refusal(400, `Product ${line.productId} has options; say which variant.`)
    return first
  }
  const variant = line.sku === undefined ? undefined : catalog.variantsWithSku(line.sku)[0]
  if (variant === undefined) throw new Refusal(400, `There is no variant with SKU ${JSON.stringify(line.sku ?? "")}.`)
  return variant
}

const composeLine = (
  context: ComposeContext,
  line: NewLine,
  addresses: ReadonlyArray<ShippingAddress>,
  pickups: Array<Pickup>,
  taxed: (amount: number) => Taxed,
  parentId: number | null
): ReadonlyArray<OrderLine> => {
  const { catalog } = context
  const isListed = line.custom === undefined && line.giftCertificate === undefined
  const variant = isListed ? variantOf(catalog, line) : undefined
  const product = variant === undefined ? undefined : catalog.productOf(variant)
  const isDigital = product !== undefined && catalog.isDigital(product)
  const quantity = line.quantity ?? 1
  if (!Number.isInteger(quantity) || quantity < 1) throw invalidField("quantity")
  const pickup = line.pickupAt === undefined ? undefined : pickupFor(context, pickups, line.pickupAt)
  const goesByPost = !isDigital && pickup === undefined && line.giftCertificate === undefined
  const address = goesByPost ? addresses[line.address ?? 0] : undefined
  if (goesByPost && address === undefined) throw invalidField("shipping_addresses")
  const id = context.nextId("line")
  const listPrice = variant === undefined || parentId !== null ? 0 : catalog.variantPrice(variant)
  const price =
    line.prices === undefined
      ? taxed(line.price ?? Money.decimal(listPrice))
      : exactly(Money.of(line.prices.exTax), Money.of(line.prices.incTax))
  const composed: OrderLine = {
    id,
    productId: product === undefined ? 0 : catalog.productId(product),
    variantId: variant === undefined ? 0 : catalog.variantId(variant),
    addressId: address?.id ?? 0,
    pickupId: pickup?.id ?? 0,
    type: line.giftCertificate !== undefined ? "giftcertificate" : isDigital ? "digital" : "physical",
    name: line.custom?.name ?? (product === undefined ? "Gift Certificate" : catalog.productName(product)),
    sku: line.custom?.sku ?? (variant === undefined ? "" : catalog.variantSku(variant)),
    upc: "",
    quantity,
    quantityShipped: 0,
    quantityRefunded: 0,
    refundAmount: 0,
    quantityBackordered: 0,
    quantityRestocked: 0,
    price,
    wrapping: line.wrapping === undefined ? noCost : taxed(line.wrapping.cost),
    wrappingName: line.wrapping?.name ?? "",
    weight: product === undefined ? 0 : catalog.weight(product),
    parentId,
    options: line.options ?? (variant === undefined ? [] : optionsOf(catalog, variant)),
    giftCertificateId: line.giftCertificate === undefined ? null : context.nextId("giftCertificate"),
    recipientEmail: line.giftCertificate?.recipientEmail ?? "",
    binPickingNumber: variant === undefined ? "" : (catalog.variantChanges(variant).binPickingNumber ?? ""),
    discounts: [],
    taken: []
  }
  const parts = (line.parts ?? []).flatMap((part) =>
    composeLine(context, partOf(line, part, quantity), addresses, pickups, taxed, id)
  )
  return [composed, ...parts]
}

/** A part goes where its parent goes, once for each. */
const partOf = (parent: NewLine, part: NewLine, quantity: number): NewLine => ({
  ...part,
  quantity: (part.quantity ?? 1) * quantity,
  price: 0,
  ...(parent.address !== undefined && { address: parent.address }),
  ...(parent.pickupAt !== undefined && { pickupAt: parent.pickupAt })
})

const exactly = (exTax: number, incTax: number): Taxed => ({ exTax, incTax, tax: incTax - exTax })

const optionsOf = (catalog: Catalog, variant: number): ReadonlyArray<OrderOption> =>
  catalog.optionValues(variant).map((value) => ({ displayName: value.option, displayValue: value.label }))

const pickupFor = (context: ComposeContext, pickups: Array<Pickup>, locationId: number): Pickup => {
  const known = pickups.find((pickup) => pickup.locationId === locationId)
  if (known !== undefined) return known
  const pickup = { id: context.nextId("pickup"), methodId: locationId, locationId }
  pickups.push(pickup)
  return pickup
}

const addCoupon = (context: ComposeContext, order: Order, coupon: { code: string; amount: number }): void => {
  const id = context.nextId("coupon")
  const discount = Money.of(coupon.amount)
  order.coupons = [{ id, couponId: id, code: coupon.code, type: 2, amount: discount, discount }]
}

/** Shares the order's discounts over its lines by what they cost, so that the discounted totals add up. */
export const spreadDiscounts = (order: Order): void => {
  for (const line of order.lines) line.discounts = []
  const spread = (total: number, make: (amount: number) => AppliedDiscount): void => {
    if (total === 0) return
    const shares = Money.split(
      total,
      order.lines.map((line) => Math.max(0, discountedTotal(line)))
    )
    for (const [at, line] of order.lines.entries()) {
      const amount = shares[at] ?? 0
      if (amount !== 0) line.discounts = [...line.discounts, make(amount)]
    }
  }
  spread(order.discount, (amount) => ({
    id: "manual-discount",
    amount,
    name: "Manual Discount",
    code: null,
    target: "order"
  }))
  for (const { code, discount } of order.coupons) {
    spread(discount, (amount) => ({ id: "coupon", amount, name: code, code, target: "order" }))
  }
}
