/** One file out of an archive. */
export interface ArchivedFile {
  readonly owner: string
  readonly content: Buffer
}

const BLOCK = 512

/**
 * The first regular file of a tar archive, as the engine makes it of one path; null where there is none. Blocks before it that only
 * carry long names or extended attributes are passed over (POSIX.1-2001, pax).
 */
export function firstFile(archive: Buffer): ArchivedFile | null {
  let at = 0
  while (at + BLOCK <= archive.length) {
    const header = archive.subarray(at, at + BLOCK)
    if (header.every(byte => byte === 0)) return null
    const size = octal(header, 124, 12)
    const kind = String.fromCharCode(header[156] ?? 0)
    const start = at + BLOCK
    if (Number.isNaN(size) || start + size > archive.length) return null
    if (kind === '0' || kind === '\0')
      return { owner: `${octal(header, 108, 8)}:${octal(header, 116, 8)}`, content: archive.subarray(start, start + size) }
    at = start + Math.ceil(size / BLOCK) * BLOCK
  }
  return null
}

function octal(header: Buffer, start: number, length: number): number {
  const text = header.toString('latin1', start, start + length).replace(/[\0 ]+/g, '')
  return text === '' ? 0 : Number.parseInt(text, 8)
}
