/** One mistake in firedrill.yaml, a schedule or the environment. Lines and columns count from 1. */
export interface Problem {
  readonly file: string
  /** Null where the mistake has no place in a file: something is missing, or it stands in the environment. */
  readonly line: number | null
  readonly column: number | null
  readonly message: string
  /** What to write instead, in a sentence; null where the message says it. */
  readonly suggestion: string | null
}

/** Every mistake that was found, together. Ends a command with exit code 2. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
  readonly problems: readonly Problem[]

  constructor(problems: readonly Problem[]) {
    const ordered = inOrder(problems)
    super(ordered.map(formatProblem).join('\n'))
    this.problems = ordered
  }
}

/** `schedules/weekdays.yaml:4:3: message`, and the suggestion on a line of its own. */
export function formatProblem(problem: Problem): string {
  const place = [problem.file, problem.line, problem.column].filter(part => part !== null).join(':')
  const suggestion = problem.suggestion === null ? '' : `\n    ${problem.suggestion}`
  return `${place}: ${problem.message}${suggestion}`
}

/** File by file as they were read, in each from top to bottom; nothing twice. */
function inOrder(problems: readonly Problem[]): readonly Problem[] {
  const files = [...new Set(problems.map(({ file }) => file))]
  const distinct = [...new Map(problems.map(problem => [formatProblem(problem), problem])).values()]
  return distinct.sort(
    (a, b) => files.indexOf(a.file) - files.indexOf(b.file) || (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0),
  )
}
