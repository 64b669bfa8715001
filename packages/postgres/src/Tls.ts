/**
 * When a connection to the database is encrypted: always, unless the server is this machine or the URL says otherwise.
 *
 * The driver checks the server's certificate. A URL has the last word by `sslmode`, and `sslmode=disable` is the one way to
 * say no.
 */
import { Redacted } from "effect"
import type { SqlError } from "effect/sql"

/** What to ask of the driver for a URL: TLS where the server is elsewhere and the URL does not say, else nothing. */
export const asked = (url: Redacted.Redacted): { readonly ssl?: true } => {
  const text = Redacted.value(url)
  if (!URL.canParse(text)) return {} // The driver says what is wrong with it.
  const { hostname, searchParams } = new URL(text)
  return searchParams.has("sslmode") || isLocal(searchParams.get("host") ?? decodeURIComponent(hostname))
    ? {}
    : { ssl: true }
}

/** Whether a connection failed because the server has no TLS, or a certificate that this machine does not trust. */
export const isAtFault = ({ message, reason: { cause } }: SqlError.SqlError): boolean =>
  message.endsWith("Server refused TLS") ||
  (typeof cause === "object" && cause !== null && "code" in cause && isCertificateCode(String(cause.code)))

const isCertificateCode = (code: string): boolean => /CERT|UNABLE_TO_VERIFY|^ERR_TLS_|^ERR_SSL_/.test(code)

/** This machine by one of its names, or a socket's folder. */
const isLocal = (host: string): boolean =>
  host === "" ||
  host.startsWith("/") ||
  host === "localhost" ||
  host.endsWith(".localhost") ||
  /^127(\.\d{1,3}){3}$/.test(host) ||
  host === "::1" ||
  host === "[::1]"
