import { constants } from 'node:fs'
import { access, mkdir, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { UsageError } from './exit.ts'

/**
 * Makes sure, before anything is struck, that what a command is told to write can be written: a folder that is missing is made.
 * Throws UsageError that names the option.
 */
export async function prepareOutputs(
  outputs: Readonly<Record<string, { readonly file?: string | undefined; readonly folder?: string | undefined }>>,
): Promise<void> {
  for (const [option, { file, folder = file === undefined ? undefined : dirname(file) }] of Object.entries(outputs)) {
    if (folder === undefined) continue
    try {
      await mkdir(folder, { recursive: true })
      await access(folder, constants.W_OK)
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? error.code : error
      throw new UsageError(`${option}: nothing can be written to ${folder} (${code}); name another place`)
    }
    if (file !== undefined && (await isFolder(file))) throw new UsageError(`${option}: ${file} is a folder; name a file in it`)
  }
}

async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    found => found.isDirectory(),
    () => false,
  )
}
