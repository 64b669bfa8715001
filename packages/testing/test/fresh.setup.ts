/**
 * Gives every property of a run the seed in `FRESH_SEED`, so that a run which fails can be had again.
 */
import * as fc from "fast-check"

const seed = Number(process.env["FRESH_SEED"])
if (!Number.isInteger(seed)) throw new Error("FRESH_SEED must be a whole number")
fc.configureGlobal({ ...fc.readConfigureGlobal(), seed })
