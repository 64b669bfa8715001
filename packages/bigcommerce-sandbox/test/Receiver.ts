/** Somebody's webhook endpoint on this machine: keeps what arrives and answers as it is told. */
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { onTestFinished } from "vitest"
import type { Json } from "./Client.ts"

export interface Received {
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly raw: string
  readonly body: Json
}

export interface Receiver {
  readonly url: string
  readonly received: ReadonlyArray<Received>
  /** What it answers from now on. */
  status: number
}

export const open = async (): Promise<Receiver> => {
  const received: Array<Received> = []
  const receiver = { url: "", received, status: 200 }
  const server = createServer((request, response) => {
    const chunks: Array<Buffer> = []
    request.on("data", (chunk: Buffer) => chunks.push(chunk))
    request.on("end", () => {
      const raw = Buffer.concat(chunks).toString("utf8")
      received.push({ headers: request.headers, raw, body: JSON.parse(raw) })
      response.writeHead(receiver.status).end()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  onTestFinished(
    () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      })
  )
  receiver.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`
  return receiver
}
