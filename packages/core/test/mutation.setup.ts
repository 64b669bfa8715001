/**
 * Under mutation each property runs from one seed, so that a mutant's fate does not hang on the draw, and less often.
 */
import * as fc from "fast-check"

fc.configureGlobal({ seed: 20_260_101, numRuns: 40, endOnFailure: true })
