import { Command, CommanderError, Option } from 'commander'
import { wrap } from '../reports/columns.ts'
import type { Definition } from './definitions.ts'
import { EXIT, explainFailure } from './exit.ts'
import type { Io } from './io.ts'
import type { CommonOptions } from './options.ts'

/** A command: returns its exit code, throws ConfigError, UsageError, LedgerError and whatever is a defect. */
type Run<Options> = (options: Options, io: Io) => Promise<number>

export interface CommandLine {
  /** Adds a command. Its module is loaded only when it is called, so that `--help` starts quickly. */
  add<Options extends CommonOptions>(definition: Definition, load: () => Promise<Run<Options>>, under?: Command): Command
  /** Parses and runs. Resolves to the exit code whatever happens. */
  main(args: readonly string[]): Promise<number>
}

export function commandLine({ version, io }: { readonly version: string; readonly io: Io }): CommandLine {
  let outcome: Promise<number> | null = null
  const program = new Command('firedrill')
    .description('Burns one server of a scaling group on purpose and proves what rises.')
    .version(version, '-V, --version', 'print the version')
    .addHelpText(
      'after',
      '\nExit codes: 0 all phoenix or nothing to do · 1 a snowflake\n            2 bad usage or configuration · 3 inconclusive or left open\n            4 could not run or could not see',
    )
  prepare(program, io)
  return {
    add<Options extends CommonOptions>(definition: Definition, load: () => Promise<Run<Options>>, under = program) {
      const command = under.command(definition.usage).summary(definition.summary).description(sentence(definition.summary))
      describe(command, definition, io.columns)
      command.action(() => {
        // Options of a parent (quarantine) hold for its children as well.
        const options = { ...command.optsWithGlobals(), ...named(command) } as unknown as Options
        outcome = load().then(run => run(options, io))
      })
      prepare(command, io)
      return command
    },
    async main(args) {
      const debug = args.includes('--debug') || isOn(io.env.FIREDRILL_DEBUG)
      try {
        if (args.length === 0) {
          program.outputHelp({ error: true })
          return EXIT.usage
        }
        program.parse(args, { from: 'user' })
        return (await outcome) ?? EXIT.usage
      } catch (error) {
        // Help and version are no errors; everything else that the parser says is bad usage.
        if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage
        return explainFailure(error, io, debug)
      }
    },
  }
}

function prepare(command: Command, io: Io): void {
  command
    .exitOverride()
    .showSuggestionAfterError()
    .showHelpAfterError(false)
    .configureHelp({ helpWidth: io.columns, sortSubcommands: false })
    .configureOutput({
      writeOut: text => void io.stdout.write(text),
      writeErr: text => void io.stderr.write(text),
      outputError: (text, write) => write(text.replace(/^error: /, 'firedrill: ').replace(/\n*$/, `\nSee "${pathOf(command)} --help".\n`)),
      getOutHasColors: () => io.colour,
      getErrHasColors: () => false,
    })
}

function describe(command: Command, definition: Definition, columns: number): void {
  for (const [name, about] of Object.entries(definition.arguments ?? {})) {
    const argument = command.registeredArguments.find(known => known.name() === name)
    if (argument !== undefined) argument.description = about
  }
  for (const { flags, about, parse, fallback, required } of definition.options) {
    const option = new Option(flags, about)
    if (parse !== undefined) option.argParser(text => parse(text))
    if (fallback !== undefined) option.default(fallback, typeof fallback === 'number' && parse?.name === 'duration' ? '30d' : undefined)
    if (required === true) option.makeOptionMandatory()
    command.addOption(option)
  }
  command.option('-c, --config <file>', 'where firedrill.yaml is')
  command.addOption(new Option('--debug', 'show where a failure happened'))
  const note = definition.note === undefined ? '' : `\n${wrap(definition.note, columns).join('\n')}\n`
  command.addHelpText('after', `${note}\nExamples:\n${definition.examples.map(example => `  ${example}`).join('\n')}`)
}

/** Arguments by their names, beside the options. */
function named(command: Command): Record<string, unknown> {
  const entries = command.registeredArguments.map((argument, index) => [argument.name(), command.processedArgs[index]] as const)
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined))
}

function pathOf(command: Command): string {
  return command.parent === null ? command.name() : `${pathOf(command.parent)} ${command.name()}`
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`
}

function isOn(value: string | undefined): boolean {
  return value !== undefined && !['', '0', 'false'].includes(value)
}

/** Where nobody reads on (`firedrill drills | head`), writing quietly stops. */
export function quietOnClosedPipe(io: Io): void {
  for (const stream of [io.stdout, io.stderr])
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error
    })
}
