import assert from 'node:assert/strict'
import { PassThrough } from 'node:stream'
import { secret } from '../../src/config/secret.ts'
import { openLog } from '../../src/telemetry/log.ts'

function logged(options: { level?: 'debug' | 'info' | 'warn' | 'silent'; pretty?: boolean }) {
  const stream = new PassThrough({ encoding: 'utf8' })
  const log = openLog({ level: 'info', pretty: false, ...options, stream })
  return { log, text: () => String(stream.read() ?? '') }
}

describe('the log', () => {
  it('writes one JSON line per message, with data as fields', () => {
    const { log, text } = logged({})
    log.info('struck', { drill: 'd1', at: Temporal.Instant.from('2026-11-02T10:00:00Z') })
    const { time, ...line } = JSON.parse(text())
    assert.deepEqual(line, { level: 'info', msg: 'struck', drill: 'd1', at: '2026-11-02T10:00:00Z' })
    assert.match(time, /^\d{4}-\d\d-\d\dT/)
  })

  it('hides secrets by key, in URLs, in errors and their causes, however deep', () => {
    const { log, text } = logged({})
    const cause = new Error('connect postgres://drill:hunter2@db/fd failed')
    log.error('failed', {
      error: new Error('redis://:hunter2@queue:6379 is gone', { cause }),
      ledger: secret('postgres://drill:hunter2@db/fd'),
      deep: { list: [{ secretAccessKey: 'hunter2', authorization: 'Bearer hunter2', password: 'hunter2', sessionToken: 'hunter2' }] },
    })
    const line = text()
    assert.ok(!line.includes('hunter2'), line)
    assert.match(line, /redis:\/\/\*\*\*@queue:6379 is gone/)
    assert.match(line, /postgres:\/\/\*\*\*@db\/fd failed/)
  })

  it('survives what cannot be written as JSON', () => {
    const { log, text } = logged({})
    const loop: Record<string, unknown> = { count: 10n }
    loop.self = loop
    log.info('odd', { loop })
    assert.equal(JSON.parse(text()).loop.count, '10')
  })

  it('keeps quiet below its level', () => {
    const { log, text } = logged({ level: 'warn' })
    log.debug('a')
    log.info('b')
    log.warn('c')
    assert.equal(JSON.parse(text()).msg, 'c')
    const silent = logged({ level: 'silent' })
    silent.log.error('x')
    assert.equal(silent.text(), '')
  })

  it('is readable on a terminal, and cannot be made to move the cursor', () => {
    const { log, text } = logged({ pretty: true })
    log.warn('refused', { group: 'web\u001b[2J', rule: 'S5' })
    assert.match(text(), /^\d\d:\d\d:\d\d warn {2}refused {2}group="web\\u001b\[2J" {2}rule=S5\n$/)
  })
})
