/**
 * Stock keeping units as text: what counts as none at all, and when two that differ mean the same.
 *
 * A SKU is compared as it is written. Only case, outer white space and the way an accent is encoded may be overlooked,
 * and only by {@link normalise}; inner spaces, slashes and leading zeros always count, and so do characters that nobody
 * can see, which is told ({@link lookIn}).
 */
import * as Text from "./Text.ts"

/** Whether a SKU is none: nothing of it can be seen. A blank SKU never matches anything, not even another blank. */
export const isBlank = (sku: string): boolean => !isVisible(sku.charCodeAt(0)) && Text.isBlank(sku)

/** Whether a SKU carries the mark of what could not be kept. It may have been any text, and matches nothing. */
export const isDamaged = (sku: string): boolean => sku.includes(Text.mark)

/**
 * What two SKUs have in common that nobody can tell apart: the SKU without what cannot be seen, in its normal form where case
 * and outer space may be overlooked.
 */
export const lookIn =
  (normalised: boolean) =>
  (sku: string): string =>
    normalised ? normalise(Text.withoutInvisible(sku)) : Text.withoutInvisible(sku)

/**
 * The form in which SKUs are equal but for case and outer white space: trimmed, composed (NFC), without case.
 *
 * Idempotent. Plain upper-case ASCII, which is what most SKUs are, is returned as it is.
 */
export const normalise = (sku: string): string =>
  isPlain(sku) ? sku : sku.trim().normalize("NFC").toLowerCase().toUpperCase().normalize("NFC")

/** Whether a SKU is its own normal form as far as a glance tells: visible ASCII without lower-case letters. */
export const isPlain = (sku: string): boolean => {
  for (let at = 0; at < sku.length; at++) {
    const code = sku.charCodeAt(at)
    if (code <= 32 || code > 127 || (code >= lowerA && code <= lowerZ)) return false
  }
  return true
}

/**
 * A quick test of whether a SKU may have one of these normal forms: never wrong when it says no. Reads a SKU once and
 * makes no text of it, which is what counts when a few forms are looked for among millions of SKUs.
 */
export const filter = (forms: Iterable<string>, count: number): ((sku: string) => boolean) => {
  const bits = new Uint8Array(2 ** Math.min(filterBitsMax, Math.ceil(Math.log2(count * bytesPerForm + 1))))
  const mask = bits.length - 1
  for (const form of forms) bits[fingerprint(form) & mask] = 1
  return (sku) => {
    const print = fingerprint(sku)
    return print === noFingerprint || bits[print & mask] === 1
  }
}

/** One byte is one bit of the filter; with so many for each form, few SKUs pass that should not. */
const bytesPerForm = 16
const filterBitsMax = 24

/** A number that is the same for SKUs of the same normal form; none for those with white space or beyond ASCII. */
const fingerprint = (sku: string): number => {
  let print = 0
  for (let at = 0; at < sku.length; at++) {
    let code = sku.charCodeAt(at)
    if (code <= 32 || code > 127) return noFingerprint
    if (code >= lowerA && code <= lowerZ) code -= lowerA - upperA
    print = Math.imul(print ^ code, fnvPrime)
  }
  return (print ^ (print >>> 15)) & 0x3fffffff
}

const noFingerprint = -1
const fnvPrime = 0x01000193
const upperA = 65
const lowerA = 97
const lowerZ = 122

/** Most SKUs begin so, and need no closer look: the visible characters of ASCII. */
const isVisible = (code: number): boolean => code > 32 && code < deleteCharacter

const deleteCharacter = 127
