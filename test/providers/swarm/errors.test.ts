import assert from 'node:assert/strict'
import { translate } from '../../../src/providers/swarm/errors.ts'

const http = (statusCode: number, message: string): Error =>
  Object.assign(new Error(`(HTTP code ${statusCode}) reason - ${message} `), { statusCode, json: { message } })
const system = (code: string): Error => Object.assign(new Error(`connect ${code}`), { code })

describe('errors of a Docker engine', () => {
  for (const [error, code, mayHaveActed] of [
    [http(404, 'No such container: abc'), 'not-found', false],
    [http(409, 'container is not running'), 'conflict', false],
    [http(400, 'bad parameter'), 'invalid', false],
    [http(401, 'log in'), 'denied', false],
    [http(403, 'not allowed'), 'denied', false],
    [http(429, 'slow down'), 'throttled', false],
    [http(500, 'driver failed'), 'unavailable', true],
    [http(501, 'not implemented'), 'invalid', true],
    [http(503, 'This node is not a swarm manager.'), 'unavailable', true],
    [system('ENOENT'), 'unavailable', false],
    [system('ECONNREFUSED'), 'unavailable', false],
    [system('EACCES'), 'denied', false],
    [system('ECONNRESET'), 'unavailable', true],
    [system('ERR_TLS_CERT_ALTNAME_INVALID'), 'denied', false],
    [system('DEPTH_ZERO_SELF_SIGNED_CERT'), 'denied', false],
    [new Error('socket hang up'), 'unknown', true],
    ['a text', 'unknown', true],
  ] as const)
    it(`takes ${error instanceof Error ? error.message : error} for ${code}, and ${mayHaveActed ? 'cannot rule out an effect' : 'knows of no effect'}`, () => {
      const translated = translate(error, 'ContainerKill', 'unix:///a.sock')
      assert.deepEqual([translated.code, translated.mayHaveActed, translated.operation], [code, mayHaveActed, 'ContainerKill'])
      assert.match(translated.message, /^ContainerKill at unix:\/\/\/a\.sock: /)
    })

  it('keeps the engine’s own sentence, without the wrapping', () => {
    assert.equal(
      translate(http(404, 'No such container: abc'), 'ContainerKill', 'e').message,
      'ContainerKill at e: No such container: abc.',
    )
  })
})
