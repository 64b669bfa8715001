/** A place that holds stock. Location 1 is the default one and always exists. */
export interface Location {
  readonly id: number
  code: string
  label: string
  description: string
  typeId: "PHYSICAL" | "VIRTUAL"
  enabled: boolean
  storefrontVisibility: boolean
  managedByExternalSource: boolean
  timeZone: string
  readonly createdMillis: number
  updatedMillis: number
  address: LocationAddress
}

/** Where a location is. */
export interface LocationAddress {
  readonly address1: string
  readonly address2: string
  readonly city: string
  readonly state: string
  readonly zip: string
  readonly countryCode: string
  readonly email: string
  readonly phone: string
}

/** The id of the location that every store has. */
export const defaultLocationId = 1

const streets = ["Main Street", "Dock Road", "Mill Lane", "Harbour Way", "Station Square", "Park Avenue"]
const cities = ["Austin", "Denver", "Portland", "Columbus", "Boise", "Savannah"]

/** A location as the control panel would create it. */
export const make = (id: number, label: string, nowMillis: number): Location => ({
  id,
  code: `BC-LOCATION-${id}`,
  label,
  description: "",
  typeId: "PHYSICAL",
  enabled: true,
  storefrontVisibility: true,
  managedByExternalSource: false,
  timeZone: "Etc/UTC",
  createdMillis: nowMillis,
  updatedMillis: nowMillis,
  address: {
    address1: `${100 + id} ${streets[id % streets.length]}`,
    address2: "",
    city: cities[id % cities.length] ?? "Austin",
    state: "Texas",
    zip: "78726",
    countryCode: "US",
    email: `location${id}@example.com`,
    phone: "+1 111-111-1111"
  }
})
