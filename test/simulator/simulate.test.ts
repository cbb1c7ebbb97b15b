import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { UsageError } from '../../src/commands/exit.ts'
import { simulate } from '../../src/commands/simulate.ts'

interface Running {
  readonly stdout: PassThrough
  readonly stderr: PassThrough
  readonly stop: AbortController
  readonly code: Promise<number>
}

function start(options: Parameters<typeof simulate>[0]): Running {
  const [stdout, stderr, stop] = [new PassThrough(), new PassThrough(), new AbortController()]
  return { stdout, stderr, stop, code: simulate(options, { stdout, stderr, signal: stop.signal }) }
}

describe('firedrill simulate', () => {
  let folder: string
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'firedrill-simulate-'))
  })
  after(() => rm(folder, { recursive: true }))

  it('prints one line of JSON, serves until the signal, and ends with 0', async () => {
    const { stdout, stop, code } = start({ json: true })
    const [line] = (await once(stdout, 'data')) as [Buffer]
    const { aws, azure } = JSON.parse(line.toString()) as Record<
      'aws' | 'azure',
      { endpoint: string; region?: string; subscription?: string }
    >
    assert.equal(aws.region, 'eu-west-1')
    assert.match(azure.subscription ?? '', /^[0-9a-f-]{36}$/)
    const sets = `${azure.endpoint}/subscriptions/${azure.subscription}/providers/Microsoft.Compute/virtualMachineScaleSets?api-version=2026-04-01`
    assert.equal((await fetch(sets)).status, 200)
    const groups = (await (await fetch(`${aws.endpoint}/_simulator/groups`)).json()) as string[]
    assert.ok(groups.includes('aws:123456789012/eu-west-1/asg/checkout'))
    stop.abort()
    assert.equal(await code, 0)
    await assert.rejects(fetch(`${aws.endpoint}/_simulator/groups`))
  })

  it('serves the world of a file, and prints lines to copy', async () => {
    const world = join(folder, 'fleet.yaml')
    await writeFile(world, 'regions: [us-east-1]\ngroups: [{name: web}]\n')
    const { stdout, stop, code } = start({ world })
    let text = ''
    stdout.on('data', chunk => {
      text += chunk
    })
    while (!text.includes('/_simulator/\n')) await once(stdout, 'data')
    stop.abort()
    assert.equal(await code, 0)
    assert.match(text, /^Simulated clouds with 1 groups at http:\/\/127\.0\.0\.1:\d+\./)
    assert.match(text, /^export AWS_ENDPOINT_URL=http:\/\/127\.0\.0\.1:\d+$/m)
    assert.match(text, /^export AWS_REGION=us-east-1$/m)
    assert.match(text, /^export AWS_ACCESS_KEY_ID=simulator-123456789012$/m)
  })

  it('ends with 2 for a bad world file, and names each mistake with its place', async () => {
    const world = join(folder, 'bad.yaml')
    await writeFile(world, 'groups: [{size: 3}, {name: web, sise: 3}]\n')
    const { stderr, code } = start({ world })
    assert.equal(await code, 2)
    let said = ''
    for (let part = stderr.read(); part !== null; part = stderr.read()) said += String(part)
    assert.equal(said.match(/bad\.yaml:1:\d+: /g)?.length, 2, said)
    await assert.rejects(start({ world: join(folder, 'none.yaml') }).code, UsageError)
  })

  it('ends with 4 and says so when its port is taken', async () => {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const address = server.address()
    const port = typeof address === 'object' && address !== null ? address.port : 0
    const { stderr, code } = start({ port })
    assert.equal(await code, 4)
    assert.match(String(stderr.read()), new RegExp(`port ${port} on 127\\.0\\.0\\.1 is taken`))
    server.close()
  })
})
