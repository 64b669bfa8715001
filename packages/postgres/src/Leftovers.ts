/**
 * What earlier embedded servers left behind whose watchdog was killed itself: found in the temporary folder, stopped and
 * removed at the next start.
 *
 * The temporary folder is everybody's, and a file in it may say anything. So nothing is believed that a file says about a
 * process: a signal goes to a process only if the operating system says that it runs PostgreSQL on exactly this data
 * directory, which is one of ours, under the user that our servers run as, and without a watchdog. Where that cannot be
 * shown nothing is signalled, and where another server may still be at work nothing is removed.
 */
import { spawnSync } from "node:child_process"
import * as NodeFs from "node:fs"
import * as NodeOs from "node:os"
import * as NodePath from "node:path"

/** How the folders of embedded servers are named in the temporary folder. */
export const folderPrefix = "stockport-postgres-"

/** The file in such a folder that names its watchdog and its data directory. */
export const ownerFile = "owner.json"

/** The file in a data directory that shows that it is one of ours. */
export const passwordFile = "stockport.password"

const orphanAgeMillisMax = 600_000
const orphanWaitsMax = 150
const orphanWaitMillis = 20

/** How many folders one start looks at. */
const foldersMax = 1_000

/** The largest file that is read: what we write ourselves has a few hundred characters. */
const fileBytesMax = 10_000

/** Stops and removes what is ours and has been left; `uid` is the user that our servers run as, where there are users. */
export const sweep = (uid: number | undefined): void => {
  const folders = NodeFs.readdirSync(NodeOs.tmpdir()).filter((name) => name.startsWith(folderPrefix))
  for (const name of folders.slice(0, foldersMax)) {
    const path = NodePath.join(NodeOs.tmpdir(), name)
    try {
      if (isOurs(path, uid) && isOrphan(path) && stopServerOf(path, uid)) removeFolder(path)
    } catch {
      continue // Somebody else's, or gone meanwhile.
    }
  }
}

/** Removes a folder with all that is in it. */
export const removeFolder = (path: string): void =>
  NodeFs.rmSync(path, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 })

/** A folder itself and no link to one, of this process's user or of the one that our servers run as. */
const isOurs = (path: string, uid: number | undefined): boolean => {
  const status = NodeFs.lstatSync(path)
  return status.isDirectory() && (uid === undefined || status.uid === uid || status.uid === process.getuid?.())
}

interface Owner {
  readonly watchdog: number
  readonly data: string
}

const ownerOf = (path: string): Owner | null => {
  const file = NodePath.join(path, ownerFile)
  if (!NodeFs.existsSync(file)) return null
  const { data, watchdog }: Record<string, unknown> = JSON.parse(readSmall(file))
  if (typeof data !== "string" || !isProcessId(watchdog)) throw new Error(`${file} is not one of ours`)
  return { data, watchdog }
}

const readSmall = (file: string): string => {
  if (NodeFs.statSync(file).size > fileBytesMax) throw new Error(`${file} is larger than ours`)
  return NodeFs.readFileSync(file, "utf8")
}

const isOrphan = (path: string): boolean => {
  const owner = ownerOf(path)
  if (owner === null) return Math.abs(NodeFs.statSync(path).mtimeMs - fileTime()) > orphanAgeMillisMax
  if (!isAlive(owner.watchdog)) return true
  // The number may have gone to another program since.
  const found = processOf(owner.watchdog)
  return found !== null && !isWatchdog(found)
}

/** The time by which directories are dated: the file system's own, which no test clock moves. */
const fileTime = (): number => new Date().getTime()

/** Stops the server on a folder's data, if it is ours; answers whether nobody works there any more. */
const stopServerOf = (path: string, uid: number | undefined): boolean => {
  const owner = ownerOf(path)
  const lock = owner === null ? "" : NodePath.join(owner.data, "postmaster.pid")
  if (owner === null || !NodeFs.existsSync(lock)) return true
  const [first = ""] = readSmall(lock).split("\n")
  // The file may name any process: none, all of a group (0), all there are (-1), the first one (1).
  const pid = /^[0-9]{1,10}$/.test(first.trim()) ? Number(first) : 0
  if (!isProcessId(pid) || !isAlive(pid)) return true
  const found = processOf(pid)
  if (found === null) return false
  if (!isServerOn(found.command, owner.data)) return true
  const parent = processOf(found.parent)
  const isLeft = parent !== null && !isWatchdog(parent)
  if (uid === undefined || found.uid !== uid || !isLeft || !isDataOfOurs(owner.data)) return false
  process.kill(pid, "SIGQUIT")
  // It still writes while it ends; what it writes must not outlive the removal. Rare, short and bounded, so it may block.
  for (let wait = 0; wait < orphanWaitsMax && isAlive(pid); wait++) {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, orphanWaitMillis)
  }
  return !isAlive(pid)
}

const isProcessId = (pid: unknown): pid is number => Number.isSafeInteger(pid) && Number(pid) > 1

const isServerOn = (command: ReadonlyArray<string>, data: string): boolean => {
  const [program = "", ...args] = command
  return NodePath.basename(program) === "postgres" && args[args.indexOf("-D") + 1] === data
}

const isDataOfOurs = (data: string): boolean => NodeFs.existsSync(NodePath.join(data, passwordFile))

const isWatchdog = ({ command }: Found): boolean => command.some((argument) => /Watchdog\.[cm]?[jt]s$/.test(argument))

interface Found {
  readonly uid: number
  readonly parent: number
  readonly command: ReadonlyArray<string>
}

/** What the operating system says about a process; null where it says nothing. */
const processOf = (pid: number): Found | null => {
  if (process.platform === "win32") return null
  if (process.platform === "linux") {
    const folder = `/proc/${pid}`
    if (!NodeFs.existsSync(folder)) return null
    const [, parent] = /^PPid:\s+(\d+)$/m.exec(NodeFs.readFileSync(`${folder}/status`, "utf8")) ?? []
    return {
      uid: NodeFs.statSync(folder).uid,
      parent: Number(parent),
      command: NodeFs.readFileSync(`${folder}/cmdline`, "utf8").replace(/\0$/, "").split("\0")
    }
  }
  const { stdout } = spawnSync("ps", ["-ww", "-o", "uid=,ppid=,args=", "-p", String(pid)], { encoding: "utf8" })
  const [, uid, parent, text] = /^\s*(-?\d+)\s+(\d+)\s+(.*)$/m.exec(stdout ?? "") ?? []
  // Without the borders between arguments; a folder with a space in its name is not recognised, and so left alone.
  if (text === undefined) return null
  return { uid: Number(uid), parent: Number(parent), command: text.trim().split(/\s+/) }
}

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM"
  }
  // In a container without an init process a dead child stays in the table as a zombie.
  const status = `/proc/${pid}/status`
  return !NodeFs.existsSync(status) || !/^State:\s+Z/m.test(NodeFs.readFileSync(status, "utf8"))
}
