/**
 * What an adapter author or embedder needs to test: an in-memory store, a scripted cart, generators, and a simulator.
 *
 * The laws that every `Store` and every `Cart` must obey register tests, and stand under `@stockport/testing/laws/*`.
 */
export * as MemoryStore from "./MemoryStore.ts"
export * as ScriptedCart from "./ScriptedCart.ts"
export * as Simulator from "./Simulator.ts"

export * as Listings from "./generators/Listings.ts"
export * as Orders from "./generators/Orders.ts"
export * as Stock from "./generators/Stock.ts"
