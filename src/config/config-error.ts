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
    super(problems.map(formatProblem).join('\n'))
    this.problems = problems
  }
}

/** `schedules/weekdays.yaml:4:3: message`, and the suggestion on a line of its own. */
export function formatProblem(problem: Problem): string {
  const place = [problem.file, problem.line, problem.column].filter(part => part !== null).join(':')
  const suggestion = problem.suggestion === null ? '' : `\n    ${problem.suggestion}`
  return `${place}: ${problem.message}${suggestion}`
}
