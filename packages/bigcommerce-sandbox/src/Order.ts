/**
 * An order as the shop keeps it. Amounts are ten-thousandths (see Money), instants Unix milliseconds with whole seconds.
 *
 * Invariants: `totalIncTax = totalExTax + totalTax`; the discounted line totals add up to the subtotal less discounts;
 * a line never has more units shipped or refunded than sold; `taken` lists the stock that the line has moved off the
 * shelf, and nothing else of the order moves stock.
 */

/** The 15 statuses; the ids never change, the labels can be renamed. */
export const statuses: ReadonlyArray<OrderStatus> = [
  [0, "Incomplete", 0, "An incomplete order happens when a shopper reached the payment page, but did not pay."],
  [1, "Pending", 1, "Customer started the checkout process, but did not complete it."],
  [2, "Shipped", 8, "Order has been shipped, but receipt has not been confirmed."],
  [3, "Partially Shipped", 6, "Only some items in the order have been shipped."],
  [4, "Refunded", 11, "Seller has used the Refund action."],
  [5, "Cancelled", 9, "Seller has cancelled an order, due to a stock inconsistency or other reasons."],
  [6, "Declined", 10, "Seller has marked the order as declined for lack of manual payment, or other reasons."],
  [7, "Awaiting Payment", 2, "Customer has completed checkout process, but payment has yet to be confirmed."],
  [8, "Awaiting Pickup", 5, "Order has been pulled, and is awaiting customer pickup from a seller-specified location."],
  [9, "Awaiting Shipment", 4, "Order has been pulled and packaged, and is awaiting collection from a provider."],
  [10, "Completed", 7, "Client has paid for their digital product and their files are available for download."],
  [11, "Awaiting Fulfillment", 3, "Customer has completed the checkout process and payment has been confirmed."],
  [12, "Manual Verification Required", 13, "Order is on hold while some aspect needs to be manually confirmed."],
  [13, "Disputed", 12, "Customer has initiated a dispute resolution process for the transaction."],
  [14, "Partially Refunded", 14, "Seller has partially refunded the order."]
].map(([id, name, sortOrder, description]) => ({
  id: Number(id),
  name: String(name),
  sortOrder: Number(sortOrder),
  description: String(description)
}))

/** One of the 15 statuses; `sortOrder` is its place in the control panel. */
export interface OrderStatus {
  readonly id: number
  readonly name: string
  readonly sortOrder: number
  readonly description: string
}

/** Status ids under the names that people use. */
export const status = {
  incomplete: 0,
  pending: 1,
  shipped: 2,
  partiallyShipped: 3,
  refunded: 4,
  cancelled: 5,
  declined: 6,
  awaitingPayment: 7,
  awaitingPickup: 8,
  awaitingShipment: 9,
  completed: 10,
  awaitingFulfillment: 11,
  manualVerificationRequired: 12,
  disputed: 13,
  partiallyRefunded: 14
} as const

/** Where somebody lives or wants a parcel. */
export interface Address {
  readonly firstName: string
  readonly lastName: string
  readonly company: string
  readonly street1: string
  readonly street2: string
  readonly city: string
  readonly state: string
  readonly zip: string
  readonly country: string
  readonly countryIso2: string
  readonly phone: string
  readonly email: string
}

/** One destination of an order, with what it costs to ship there. */
export interface ShippingAddress {
  readonly id: number
  address: Address
  shippingMethod: string
  cost: Taxed
  handling: Taxed
}

/** A collection at a location instead of a parcel. */
export interface Pickup {
  readonly id: number
  /** Each location offers one way to collect, under the same id. */
  readonly methodId: number
  readonly locationId: number
}

/** An amount in its three forms; `incTax = exTax + tax`. */
export interface Taxed {
  readonly exTax: number
  readonly incTax: number
  readonly tax: number
}

/** Nothing to pay. */
export const noCost: Taxed = { exTax: 0, incTax: 0, tax: 0 }

/** The share of a discount that a line carries, in ten-thousandths. */
export interface AppliedDiscount {
  readonly id: string
  readonly amount: number
  readonly name: string
  readonly code: string | null
  readonly target: "order" | "product"
}

/** A choice the shopper made on a line. */
export interface OrderOption {
  readonly displayName: string
  readonly displayValue: string
}

/** Stock that a line has moved off a shelf. */
export interface Taken {
  readonly slot: number
  readonly location: number
  readonly units: number
}

/** A line of an order; several may carry the same variant. */
export interface OrderLine {
  readonly id: number
  /** 0 on custom lines and gift certificates. */
  readonly productId: number
  readonly variantId: number
  /** 0 when the line is collected, downloaded or mailed. */
  readonly addressId: number
  readonly pickupId: number
  readonly type: "physical" | "digital" | "giftcertificate"
  name: string
  sku: string
  upc: string
  quantity: number
  quantityShipped: number
  quantityRefunded: number
  refundAmount: number
  quantityBackordered: number
  /** Units that a refund in the panel put back on the shelf. */
  quantityRestocked: number
  price: Taxed
  wrapping: Taxed
  wrappingName: string
  readonly weight: number
  readonly parentId: number | null
  readonly options: ReadonlyArray<OrderOption>
  readonly giftCertificateId: number | null
  readonly recipientEmail: string
  readonly binPickingNumber: string
  discounts: ReadonlyArray<AppliedDiscount>
  taken: ReadonlyArray<Taken>
}

/** A coupon that was used. */
export interface OrderCoupon {
  readonly id: number
  readonly couponId: number
  readonly code: string
  /** 0 dollar off each item, 1 percentage, 2 dollar off the order, 3 shipping, 4 free shipping, 5 promotion. */
  readonly type: number
  readonly amount: number
  readonly discount: number
}

/** A fee on the order. */
export interface OrderFee {
  readonly id: number
  readonly name: string
  readonly source: string
  readonly cost: Taxed
}

/** What the shopper wrote. */
export interface OrderMessage {
  readonly id: number
  readonly message: string
  readonly createdMillis: number
}

/** An order with everything that has happened to it. */
export interface Order {
  readonly id: number
  readonly customerId: number
  readonly channelId: number
  readonly cartId: string
  statusId: number
  readonly createdMillis: number
  modifiedMillis: number
  shippedMillis: number | undefined
  lines: Array<OrderLine>
  addresses: Array<ShippingAddress>
  pickups: Array<Pickup>
  billing: Address
  coupons: Array<OrderCoupon>
  fees: Array<OrderFee>
  messages: Array<OrderMessage>
  readonly currencyCode: string
  readonly exchangeRate: number
  readonly isTaxInclusive: boolean
  /** In ten-thousandths: 825 is 8.25 %. */
  readonly taxRate: number
  discount: number
  storeCredit: number
  giftCertificate: number
  paymentMethod: string
  paymentProviderId: string
  paymentStatus: string
  refundedAmount: number
  externalOrderId: string | null
  externalId: string | null
  externalSource: string | null
  readonly orderSource: string
  staffNotes: string
  customerMessage: string
  customerLocale: string
  isArchived: boolean
}

/** The amounts of an order that follow from its lines and costs. */
export interface Totals {
  readonly subtotal: Taxed
  readonly shipping: Taxed
  readonly handling: Taxed
  readonly wrapping: Taxed
  readonly fees: Taxed
  readonly couponDiscount: number
  readonly total: Taxed
}

const plus = (left: Taxed, right: Taxed): Taxed => ({
  exTax: left.exTax + right.exTax,
  incTax: left.incTax + right.incTax,
  tax: left.tax + right.tax
})

/** A price for so many units. */
export const times = (price: Taxed, quantity: number): Taxed => ({
  exTax: price.exTax * quantity,
  incTax: price.incTax * quantity,
  tax: price.tax * quantity
})

/** What the shopper pays for a line after all discounts, tax included. */
export const discountedTotal = (line: OrderLine): number =>
  line.price.incTax * line.quantity - line.discounts.reduce((sum, discount) => sum + discount.amount, 0)

/** The sums of an order. */
export const totals = (order: Order): Totals => {
  const subtotal = order.lines.map((line) => times(line.price, line.quantity)).reduce(plus, noCost)
  const wrapping = order.lines.map((line) => line.wrapping).reduce(plus, noCost)
  const shipping = order.addresses.map((address) => address.cost).reduce(plus, noCost)
  const handling = order.addresses.map((address) => address.handling).reduce(plus, noCost)
  const fees = order.fees.map((fee) => fee.cost).reduce(plus, noCost)
  const couponDiscount = order.coupons.reduce((sum, coupon) => sum + coupon.discount, 0)
  const gross = [subtotal, wrapping, shipping, handling, fees].reduce(plus, noCost)
  const discounts = order.discount + couponDiscount
  const incTax = gross.incTax - discounts
  // A discount carries away the tax of what it discounts.
  const rest = subtotal.incTax === 0 ? 0 : Math.round((subtotal.tax * discounts) / subtotal.incTax)
  const tax = gross.tax - rest
  return { subtotal, wrapping, shipping, handling, fees, couponDiscount, total: { exTax: incTax - tax, incTax, tax } }
}

/** Units sold. */
export const itemsTotal = (order: Order): number => order.lines.reduce((sum, line) => sum + line.quantity, 0)

/** Units shipped. */
export const itemsShipped = (order: Order): number => order.lines.reduce((sum, line) => sum + line.quantityShipped, 0)

/** Whether a line needs a parcel or a collection: digital goods and gift certificates do not. */
export const isPhysical = (line: OrderLine): boolean => line.type === "physical"
