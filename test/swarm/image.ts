import { execFile } from 'node:child_process'
import { chmod, cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Context } from 'mocha'
import type { Engine } from '../container/engine.ts'
import { missing } from '../support/missing.ts'
import { onPath } from '../support/on-path.ts'

const APPLETS = ['sh', 'sleep', 'cat', 'echo', 'test', 'touch', 'rm', 'mkdir', 'hostname', 'date', 'httpd', 'wget']

/**
 * What any application does: it writes down that it started, keeps a log and a pid file, and ends when it is asked to. Files in
 * /state let a later start go wrong in ways that the image does not know.
 */
const APPLICATION = `#!/bin/sh
trap 'exit 0' TERM
echo "started as $(hostname)" > /var/lib/started
echo $$ > /run/app.pid
date >> /var/log/app.log
if [ -e /state/sick ]; then touch /tmp/sick; fi
if [ -e /state/frail ]; then until [ -e /state/die ]; do sleep 1; done; exit 1; fi
while :; do sleep 2 & wait $!; date >> /var/log/app.log; done
`

/** Tiny images: a static busybox and one script, with a line each in which they differ. */
export async function makeImages(engine: Engine, test: Context, images: Readonly<Record<string, string>>): Promise<void> {
  const busybox = onPath('busybox')
  if (busybox === null) return missing(test, 'busybox')
  // Debian's other busybox needs libraries, which an image from nothing has not.
  if (await needsLibraries(busybox)) return missing(test, 'busybox-static')
  const folder = await mkdtemp(join(tmpdir(), 'firedrill-busybox-'))
  try {
    const root = join(folder, 'root')
    for (const path of ['bin', 'etc', 'tmp', 'run', 'state', 'var/lib', 'var/log', 'usr/share/app'])
      await mkdir(join(root, path), { recursive: true })
    await cp(busybox, join(root, 'bin/busybox'), { dereference: true })
    for (const applet of APPLETS) await symlink('busybox', join(root, 'bin', applet))
    await writeFile(join(root, 'bin/app'), APPLICATION)
    await chmod(join(root, 'bin/app'), 0o755)
    await writeFile(join(root, 'etc/passwd'), 'root:x:0:0::/:/bin/sh\n')
    await writeFile(join(root, 'etc/app.conf'), 'colour = blue\n')
    const lines = ['ENV LANG=C APP_HOME=/var/lib', 'LABEL maintainer=nobody', 'CMD ["/bin/app"]'].flatMap(line => ['--change', line])
    for (const [tag, release] of Object.entries(images)) {
      await writeFile(join(root, 'usr/share/app/release'), `${release}\n`)
      await promisify(execFile)('tar', ['--create', '--file', join(folder, 'root.tar'), '--directory', root, '--owner=0', '--group=0', '.'])
      await engine.docker(['import', ...lines, join(folder, 'root.tar'), tag])
    }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** ldd refuses what is static. */
function needsLibraries(program: string): Promise<boolean> {
  return promisify(execFile)('ldd', [program]).then(
    () => true,
    () => false,
  )
}
