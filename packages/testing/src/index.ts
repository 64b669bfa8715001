/**
 * What an adapter author or embedder needs to test: an in-memory store, a scripted cart, generators, and a simulator.
 *
 * The laws that every `Store` and every `Cart` must obey register tests, and stand under `@stockport/testing/laws/*`.
 */
export * as MemoryStore from "./MemoryStore.ts"
export * as ScriptedCart from "./ScriptedCart.ts"
