import assert from 'node:assert/strict'
import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isHaltedByFile } from '../../src/config/halt-file.ts'

/** Root may look into every folder; `nobody` is asked in its place. */
const NOBODY = 65_534

describe('the halt file', () => {
  let folder: string

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'firedrill-halt-'))
    await chmod(folder, 0o755)
  })

  afterEach(async () => {
    await rm(folder, { recursive: true, force: true })
  })

  it('S2 halts while it is there, whatever is in it', async () => {
    const file = join(folder, 'HALT')
    assert.equal(isHaltedByFile(null), false)
    assert.equal(isHaltedByFile(file), false)
    await writeFile(file, '')
    assert.equal(isHaltedByFile(file), true)
    await rm(file)
    assert.equal(isHaltedByFile(file), false)
    await mkdir(file)
    assert.equal(isHaltedByFile(file), true)
    const link = join(folder, 'link')
    await symlink(join(folder, 'nothing'), link)
    assert.equal(isHaltedByFile(link), true)
  })

  it('S2, S10 halts where it cannot be looked for: below a plain file, in a folder that is closed, behind a loop', async () => {
    await writeFile(join(folder, 'plain'), '')
    await symlink('loop', join(folder, 'loop'))
    const closed = join(folder, 'closed')
    await mkdir(closed)
    assert.equal(isHaltedByFile(join(folder, 'plain', 'HALT')), true)
    assert.equal(isHaltedByFile(join(folder, 'loop', 'HALT')), true)
    assert.equal(isHaltedByFile(`${folder}/${'long'.repeat(100)}`), true)
    assert.equal(
      asNobody(() => isHaltedByFile(join(closed, 'HALT'))),
      false,
      'the folder is still open',
    )
    await chmod(closed, 0o000)
    assert.equal(
      asNobody(() => isHaltedByFile(join(closed, 'HALT'))),
      true,
    )
  })
})

function asNobody<T>(look: () => T): T {
  if (process.geteuid?.() !== 0) return look()
  process.seteuid?.(NOBODY)
  try {
    return look()
  } finally {
    process.seteuid?.(0)
  }
}
