/**
 * The store of Stockport over PostgreSQL. `@stockport/postgres/embedded` brings a server of its own.
 */
export * as Checker from "./Checker.ts"
export * as Migrations from "./Migrations.ts"
export * as PostgresStore from "./PostgresStore.ts"
export * as Tls from "./Tls.ts"
