/**
 * Open issues in memory, by their identity.
 */
import type { ConnectionId } from "@stockport/core/domain/ConnectionId"
import { type Issue, type IssueCode, keyOf } from "@stockport/core/domain/Issue"
import type { Page, RaisedIssue } from "@stockport/core/ports/Store"
import { HashMap } from "effect"
import { done, type Draft, lookup, type Moment, type Outcome, pageOf, type State } from "./State.ts"

/** Raises issues; one that is already open is counted once more and keeps the time it was first raised. */
export const raise = (
  draft: Draft,
  moment: Moment,
  connectionId: ConnectionId | null,
  issues: ReadonlyArray<Issue>
): Outcome<void> => {
  for (const issue of issues) {
    const key = keyOf(issue)
    const before = lookup(draft.issues, key)
    draft.issues = HashMap.set(draft.issues, key, {
      key,
      issue,
      connectionId,
      raisedAt: before?.raisedAt ?? moment.now,
      times: (before?.times ?? 0) + 1
    })
  }
  return done
}

/** Raises these issues, and closes the others of these codes and this subject. */
export const replace = (
  draft: Draft,
  moment: Moment,
  connectionId: ConnectionId | null,
  codes: ReadonlyArray<IssueCode>,
  subject: { readonly field: string; readonly ids: ReadonlyArray<string> } | null,
  issues: ReadonlyArray<Issue>
): Outcome<void> => {
  const kept = new Set(issues.map(keyOf))
  const isConcerned = ({ about }: Issue) => subject === null || subject.ids.includes(about[subject.field] ?? "")
  const gone = [...HashMap.values(draft.issues)].filter(
    (open) =>
      open.connectionId === connectionId &&
      codes.includes(open.issue.code) &&
      isConcerned(open.issue) &&
      !kept.has(open.key)
  )
  resolve(
    draft,
    gone.map(({ key }) => key)
  )
  return raise(draft, moment, connectionId, issues)
}

/** Closes issues, as far as they are open. */
export const resolve = (draft: Draft, keys: ReadonlyArray<string>): Outcome<void> => {
  draft.issues = HashMap.removeMany(draft.issues, keys)
  return done
}

/** A page of the open issues of a connection, or of all (null), in order of key. */
export const open = (state: State, connectionId: ConnectionId | null, page: Page<string>): ReadonlyArray<RaisedIssue> =>
  pageOf(
    [...HashMap.values(state.issues)].filter((raised) => connectionId === null || raised.connectionId === connectionId),
    ({ key }) => key,
    page
  ).map(({ connectionId: _connectionId, ...raised }) => raised)
