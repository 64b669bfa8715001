/**
 * Stock keeping units as text: what counts as none at all, and when two that differ mean the same.
 *
 * A SKU is compared as it is written. Only case, outer white space and the way an accent is encoded may be overlooked, and
 * only by {@link normalise}; inner spaces, slashes and leading zeros always count.
 */

/** Whether a SKU is none: empty, or white space only. A blank SKU never matches anything, not even another blank. */
export const isBlank = (sku: string): boolean =>
  sku.length === 0 || (!isVisible(sku.charCodeAt(0)) && sku.trim() === "")

/**
 * The form in which SKUs are equal but for case and outer white space: trimmed, composed (NFC), without case.
 *
 * Idempotent. Plain upper-case ASCII, which is what most SKUs are, is returned as it is.
 */
export const normalise = (sku: string): string => {
  let isPlain = true
  for (let at = 0; at < sku.length; at++) {
    const code = sku.charCodeAt(at)
    if (code > 127) return sku.trim().normalize("NFC").toLowerCase().toUpperCase().normalize("NFC")
    if (code <= 32 || (code >= lowerA && code <= lowerZ)) isPlain = false
  }
  return isPlain ? sku : sku.trim().toUpperCase()
}

const lowerA = 97
const lowerZ = 122

const isVisible = (code: number): boolean => code > 32 && code < 127
