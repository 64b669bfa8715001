/** A registered shopper. Guests have no customer; their orders carry customer id 0. */
import type { Address } from "./Order.ts"
import type { Random } from "./Random.ts"

export interface Customer {
  readonly id: number
  readonly firstName: string
  readonly lastName: string
  readonly email: string
  readonly company: string
  readonly phone: string
  readonly createdMillis: number
  readonly address: Address
}

const firstNames = ["Jane", "Trishy", "Omar", "Mei", "Paul", "Nadia", "Luca", "Ingrid", "Kofi", "Zoë", "Anaïs", "José"]
const lastNames = ["Doe", "Smith", "Okafor", "Larsson", "Nguyen", "O'Brien", "García", "Müller", "Rossi", "Tanaka"]
const places = [
  ["Austin", "Texas", "78751"],
  ["San Antonio", "Texas", "78251"],
  ["Portland", "Oregon", "97204"],
  ["Boise", "Idaho", "83702"],
  ["Savannah", "Georgia", "31401"],
  ["Denver", "Colorado", "80202"]
] as const

/** Somebody's address. */
export const someAddress = (random: Random): Address => {
  const firstName = random.pick(firstNames)
  const lastName = random.pick(lastNames)
  const [city, state, zip] = random.pick(places)
  return {
    firstName,
    lastName,
    company: random.chance(0.15) ? `${lastName} Trading` : "",
    street1: `${random.integer(1, 990)} ${random.pick(["Main", "East", "Sussex", "Mill", "Elm"])} Street`,
    street2: random.chance(0.1) ? `Suite ${random.integer(1, 40)}` : "",
    city,
    state,
    zip,
    country: "United States",
    countryIso2: "US",
    phone: `555-${random.integer(100, 999)}-${random.integer(1000, 9999)}`,
    email: `${firstName}.${lastName}${random.integer(1, 999)}@example.com`
      .toLowerCase()
      .normalize("NFD")
      .replace(/[^a-z0-9.@]/g, "")
  }
}

/** A shopper with an address. */
export const make = (id: number, createdMillis: number, random: Random): Customer => {
  const address = someAddress(random)
  return {
    id,
    firstName: address.firstName,
    lastName: address.lastName,
    email: address.email,
    company: address.company,
    phone: address.phone,
    createdMillis,
    address
  }
}
