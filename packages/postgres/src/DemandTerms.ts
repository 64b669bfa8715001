/**
 * The terms of a position that demand adds up to: each under its name, its column, and the kind of demand that it sums.
 */
export const demandTerms = [
  { term: "salesOrders", column: "sales_orders", kind: "salesOrder" },
  { term: "salesReceipts", column: "sales_receipts", kind: "salesReceipt" },
  { term: "pickTickets", column: "pick_tickets", kind: "pickTicket" },
  { term: "reservations", column: "reservations", kind: "reservation" },
  { term: "softHolds", column: "soft_holds", kind: "softHold" },
  { term: "stockHolds", column: "stock_holds", kind: "stockHold" },
  { term: "incoming", column: "incoming", kind: "incoming" }
] as const

/** Lines of demand summed up by kind, a column for each term: `quantity` and `kind` name what is summed. */
export const sumsByKind = (quantity: string): string =>
  demandTerms.map(({ column, kind }) => `sum(${quantity}) filter (where kind = '${kind}') as ${column}`).join(", ")
