// Markdown, as far as it matters here: lines, and the fenced blocks among them.

/** The lines of a Markdown file, each with its number and whether it stands in a fenced block (and in which). */
export const linesOf = (text) => {
  let fence = null
  return text.split("\n").map((line, index) => {
    const mark = /^\s*(`{3,}|~{3,})\s*(\S*)/.exec(line)
    if (fence === null && mark !== null) {
      fence = { mark: mark[1], language: mark[2], start: index + 1 }
      return { line, number: index + 1, fence: null }
    }
    if (fence !== null && mark !== null && mark[1].startsWith(fence.mark) && mark[2] === "") {
      fence = null
      return { line, number: index + 1, fence: null }
    }
    return { line, number: index + 1, fence }
  })
}
