/**
 * The time of a sandbox: everything that happens later (asynchronous stock writes, webhook retries, latency) is a task
 * on its clock.
 *
 * A real clock follows the machine. A manual clock stands still until `advance` moves it, and then runs the tasks that
 * fall due in the order of their times, so that a test of a 48-hour retry schedule takes milliseconds.
 */

/** A task that was put on a clock; `cancel` is harmless after it ran. */
export interface Scheduled {
  readonly cancel: () => void
}

/** What the sandbox asks of time. Instants are Unix milliseconds. */
export interface Clock {
  readonly now: () => number
  /** Runs the task at that instant; an instant that has passed runs it as soon as possible. */
  readonly at: (instantMillis: number, task: () => void | Promise<void>) => Scheduled
  /** Drops every task that has not run. */
  readonly close: () => void
}

/** A clock that tests drive. */
export interface ManualClock extends Clock {
  /** Moves time forward and waits until every task that fell due has ended. */
  readonly advance: (millis: number) => Promise<void>
  /** The number of tasks waiting. */
  readonly pending: () => number
}

/** The longest delay that Node's timers take; longer ones are waited for in steps. */
const timerDelayMillisMax = 2_147_483_647

/** The machine's clock. Its timers do not keep the process alive. */
export const real = (): Clock => {
  const timers = new Set<NodeJS.Timeout>()
  const at = (instantMillis: number, task: () => void | Promise<void>): Scheduled => {
    let timer: NodeJS.Timeout
    const wait = (): void => {
      const delay = Math.max(0, instantMillis - Date.now())
      timer = setTimeout(
        () => {
          timers.delete(timer)
          if (instantMillis - Date.now() > 1) wait()
          else void task()
        },
        Math.min(delay, timerDelayMillisMax)
      )
      timer.unref()
      timers.add(timer)
    }
    wait()
    return {
      cancel: () => {
        clearTimeout(timer)
        timers.delete(timer)
      }
    }
  }
  const close = (): void => {
    for (const timer of timers) clearTimeout(timer)
    timers.clear()
  }
  return { now: () => Date.now(), at, close }
}

interface ManualTask {
  readonly instantMillis: number
  readonly sequence: number
  readonly task: () => void | Promise<void>
}

/** A clock that stands at `startMillis` until it is advanced. */
export const manual = (startMillis: number): ManualClock => {
  let now = startMillis
  let sequence = 0
  let tasks: Array<ManualTask> = []
  const takeNextDue = (limitMillis: number): ManualTask | undefined => {
    let next: ManualTask | undefined
    for (const task of tasks) {
      if (task.instantMillis > limitMillis) continue
      const isEarlier =
        next === undefined ||
        task.instantMillis < next.instantMillis ||
        (task.instantMillis === next.instantMillis && task.sequence < next.sequence)
      if (isEarlier) next = task
    }
    if (next !== undefined) tasks = tasks.filter((task) => task !== next)
    return next
  }
  const advance = async (millis: number): Promise<void> => {
    if (!(millis >= 0)) throw new RangeError("A clock cannot be moved backwards")
    const limit = now + millis
    for (let due = takeNextDue(limit); due !== undefined; due = takeNextDue(limit)) {
      now = Math.max(now, due.instantMillis)
      await due.task()
    }
    now = limit
  }
  const at = (instantMillis: number, task: () => void | Promise<void>): Scheduled => {
    const entry: ManualTask = { instantMillis, sequence: sequence++, task }
    tasks.push(entry)
    return { cancel: () => void (tasks = tasks.filter((other) => other !== entry)) }
  }
  return {
    now: () => now,
    at,
    advance,
    pending: () => tasks.length,
    close: () => void (tasks = [])
  }
}
