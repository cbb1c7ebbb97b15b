import assert from 'node:assert/strict'
import { contentDigest, relevantChanges } from '../../../src/providers/swarm/inside.ts'
import { firstFile } from '../../../src/providers/swarm/tar.ts'

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

describe('the first file of an archive', () => {
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
