import assert from 'node:assert/strict'
import { contentDigest, fingerprint, relevantChanges } from '../../../src/providers/swarm/inside.ts'
import { firstFile } from '../../../src/providers/swarm/tar.ts'
import { FakeSwarm, service, task } from './fake-swarm.ts'

const changed = (...paths: readonly string[]) => paths.map(path => ({ Path: path, Kind: 0 }))
const relevant = (changes: ReturnType<typeof changed>, ignore: readonly string[] = [], mounts: readonly string[] = []): string[] =>
  relevantChanges(changes, { container: { Id: 'c', Mounts: mounts.map(Destination => ({ Destination })) } }, ignore).map(({ key }) => key)

describe('what lives inside a container', () => {
  it('leaves out what changes by design: logs, pid files, caches, temporary files, what the engine writes', () => {
    const noise = [
      '/var/log/app/a.log',
      '/run/app.pid',
      '/srv/app.pid',
      '/tmp/x',
      '/root/.cache/pip/x',
      '/etc/hosts',
      '/etc/resolv.conf',
      '/.dockerenv',
      '/root/.bash_history',
      '/app/__pycache__/a.cpython.pyc',
      '/var/cache/apt/x',
    ]
    assert.deepEqual(relevant(changed(...noise)), [])
  })

  it('keeps what somebody edited, and tells a folder by what was put into it', () => {
    assert.deepEqual(relevant(changed('/etc', '/etc/app.conf', '/opt', '/opt/fix', '/opt/fix/run', '/opt-old', '/srv')), [
      'etc/app.conf',
      'opt-old',
      'opt/fix/run',
      'srv',
    ])
  })

  it('keeps a folder that is gone', () => {
    assert.deepEqual(
      relevant([
        { Path: '/opt/tool', Kind: 2 },
        { Path: '/opt', Kind: 0 },
      ]),
      ['opt/tool'],
    )
  })

  it('leaves out what the schedule ignores, and what is mounted', () => {
    assert.deepEqual(relevant(changed('/srv/data/a', '/etc/app.conf'), ['state/srv/**']), ['etc/app.conf'])
    assert.deepEqual(relevant(changed('/data', '/data/a', '/mnt', '/database'), [], ['/data', '/mnt/volume']), ['database'])
  })

  it('takes a container’s own names out of a file before it is digested', () => {
    const digest = (text: string, ...names: readonly string[]): string => contentDigest(Buffer.from(text), names)
    assert.equal(digest('host = 4a6e453c32a2\n', '4a6e453c32a2'), digest('host = d13faf8373ee\n', 'd13faf8373ee'))
    assert.notEqual(digest('colour = red'), digest('colour = blue'))
  })
})

/** A header as the engine writes it, without what nobody reads here. */
function entry(kind: string, content: string, owner = [0, 0]): Buffer {
  const header = Buffer.alloc(512)
  header.write('name')
  for (const [value, at, length] of [
    [owner[0] ?? 0, 108, 8],
    [owner[1] ?? 0, 116, 8],
    [content.length, 124, 12],
  ] as const)
    header.write(`${value.toString(8).padStart(length - 1, '0')}\0`, at)
  header.write(kind, 156)
  return Buffer.concat([header, Buffer.from(content.padEnd(Math.ceil(content.length / 512) * 512, '\0'))])
}

describe('the fingerprint of a container', () => {
  const never = new AbortController().signal
  const later = '2026-11-03T09:30:00Z'
  let swarm: FakeSwarm

  beforeEach(() => {
    swarm = new FakeSwarm()
    swarm.services = [service('web')]
    swarm.tasks = [task('t1')]
    const labels = { 'com.docker.swarm.task.id': 't1' }
    const times = { Created: '2026-11-03T08:00:00.9Z', State: { Running: true, StartedAt: '2026-11-03T08:00:02Z' } }
    swarm.containers = { 'c-t1': { Id: 'c-t1', Config: { Labels: labels }, ...times } }
  })

  const file = (content: string, mtime: string, changes: object = {}) => {
    return {
      Kind: 1,
      stat: { size: content.length, mode: 0o644, mtime, ...changes },
      archive: Buffer.concat([entry('0', content), Buffer.alloc(1024)]),
    }
  }
  const look = () => fingerprint(swarm.context(), { group: 'swarm:c1/service/web', id: 't1' }, { ignore: [] }, never)

  it('tells kind, permissions, owner and content, links, new folders and what was deleted', async () => {
    swarm.inside = {
      '/opt/fix': file('red', later),
      '/opt/link': { Kind: 1, stat: { mode: 2 ** 27 + 0o777, mtime: later, linkTarget: '/bin/sh' } },
      '/srv/new': { Kind: 1, stat: { mode: 2 ** 31 + 0o755, mtime: later } },
      '/etc': { Kind: 0, stat: { mode: 2 ** 31 + 0o755, mtime: later } },
      '/bin/tool': { Kind: 2 },
    }
    const { fingerprint: found, shows, unread } = await look()
    assert.deepEqual(Object.fromEntries(Object.entries(found).map(([key, value]) => [key, value.replace(/sha256:\w+/, 'digest')])), {
      'bin/tool': 'deleted',
      'opt/fix': 'file 644 0:0, 3 bytes, digest',
      'opt/link': 'link to /bin/sh',
      'srv/new': 'directory 755',
    })
    assert.deepEqual([shows, unread], ['changes', []])
  })

  it('leaves out what the container wrote as it started, and keeps older times and later ones', async () => {
    swarm.inside = {
      '/a/before': file('x', '2026-11-03T07:59:59Z'),
      '/a/made': file('x', '2026-11-03T08:00:00Z'),
      '/a/starting': file('x', '2026-11-03T08:01:02Z'),
      '/a/running': file('x', '2026-11-03T08:01:03Z'),
    }
    assert.deepEqual(Object.keys((await look()).fingerprint), ['a/before', 'a/running'])
  })

  it('S10 compares of a large file the size only, and says so', async () => {
    swarm.inside = { '/srv/big': file('x', later, { size: 2 ** 30 }) }
    const { fingerprint: found, unread } = await look()
    assert.deepEqual(found, { 'srv/big': `file 644, ${2 ** 30} bytes` })
    assert.deepEqual(
      unread.map(({ what }) => what),
      ['contents of srv/big'],
    )
  })

  it('S10 says what could not be read, and refuses a list that nobody would read', async () => {
    swarm.inside = { '/srv/odd': { ...file('x', later), archive: Buffer.alloc(1024) } }
    assert.deepEqual((await look()).unread, [{ what: 'state/srv/odd', why: 'the engine gave no file for it' }])
    swarm.inside = Object.fromEntries(Array.from({ length: 1001 }, (_, index) => [`/srv/data/${index}`, { Kind: 2 }]))
    await assert.rejects(look(), { name: 'ProviderError', message: /state\/srv\/data\/\*\*/ })
  })

  it('S10 tells a path that the engine cannot give from an engine that does not answer, which leaves nothing to compare', async () => {
    swarm.inside = { '/srv/odd': file('x', later) }
    swarm.archiveFails = { statusCode: 500, message: '(HTTP code 500) server error - lstat: input/output error' }
    const refused = await look()
    assert.deepEqual([refused.fingerprint, refused.unread.map(({ what }) => what)], [{}, ['state/srv/odd']])
    for (const code of ['ECONNRESET', 'ECONNREFUSED']) {
      swarm.archiveFails = { code, message: 'no answer' }
      await assert.rejects(look(), { name: 'ProviderError', code: 'unavailable' })
    }
  })
})

describe('the first file of an archive', () => {
  it('is found behind extended headers, with its owner', () => {
    const file = firstFile(Buffer.concat([entry('x', '30 path=a long name\n'), entry('0', 'hello', [7, 9]), Buffer.alloc(1024)]))
    assert.deepEqual([file?.owner, String(file?.content)], ['7:9', 'hello'])
  })

  it('is nothing where there is none, or where it is cut off', () => {
    assert.equal(firstFile(Buffer.alloc(1024)), null)
    assert.equal(firstFile(entry('5', '')), null)
    assert.equal(firstFile(entry('0', 'hello').subarray(0, 514)), null)
    assert.equal(firstFile(Buffer.from('no archive')), null)
  })
})
