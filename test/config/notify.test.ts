import assert from 'node:assert/strict'
import { loadSettings } from '../../src/config/load.ts'
import { MINIMAL, mistakes, withFiles } from './folder.ts'

const hook = 'https://hooks.example.org/services/T0/B0/not-a-real-one'

function files(installation: string, schedule = ''): Record<string, string> {
  return { 'firedrill.yaml': installation, 'schedules/a.yaml': `${MINIMAL}${schedule}\n` }
}

const targets = `notify:
  targets:
    sre: { slack: { url: { env: SLACK } } }
    hooks: { webhook: { url: "https://events.example.org/firedrill", secret: { env: KEY } } }
`

describe('settings of notifications', () => {
  it('name targets once, and whom schedules and owners tell', async () => {
    const installation = `${targets}owners: { payments: { slack: "#payments", notify: [{ target: hooks, on: [phoenix] }] } }\n`
    await withFiles(files(installation, 'notify: { before: 15m, to: [sre, { target: hooks, on: [snowflake] }] }'), async cwd => {
      const { notify, owners, schedules } = await loadSettings({ env: { SLACK: hook, KEY: 'key' }, cwd })
      assert.deepEqual(notify.targets.sre, { kind: 'slack', url: { secretFrom: 'env', name: 'SLACK' } })
      assert.deepEqual(owners, { payments: { slack: '#payments' } })
      assert.deepEqual(notify.owners, { payments: [{ target: 'hooks', on: ['phoenix'] }] })
      assert.deepEqual(schedules[0]?.notify, {
        before: 900_000,
        to: [
          { target: 'sre', on: null },
          { target: 'hooks', on: ['snowflake'] },
        ],
      })
      assert.doesNotMatch(JSON.stringify(notify), /not-a-real-one/, 'settings name secrets and never hold them')
    })
  })

  const env = { SLACK: hook, KEY: 'key', MAIL: 'password' }
  const wrong: readonly (readonly [string, string, string, RegExp])[] = [
    [
      'a schedule that tells nobody who is known',
      targets,
      'notify: [sra]',
      /a\.yaml:4:10: there is no target "sra"\n {4}Did you mean "sre"\?/,
    ],
    ['announcements that nobody hears', targets, 'notify: { before: 15m }', /a\.yaml:4:19: notify\.before announces strikes, and nobody/],
    [
      'announcements to somebody who wants to hear of other things',
      targets,
      'notify: { before: 15m, to: [{ target: sre, on: [snowflake] }] }',
      /nobody under notify\.to hears of them/,
    ],
    [
      'an announcement longer than half a day',
      targets,
      'notify: { before: 2d, to: [sre] }',
      /notify\.before must be a duration from 1m to 12h/,
    ],
    ['a kind of news that does not exist', targets, 'notify: [{ target: sre, on: [snowflakes] }]', /a\.yaml:4:\d+: .*snowflakes/],
    ['an owner who is told nowhere', `${targets}owners: { a: { notify: [nope] } }`, '', /firedrill\.yaml:5:25: there is no target "nope"/],
    [
      'a target of two kinds',
      'notify: { targets: { a: { slack: { url: { env: SLACK } }, email: { to: [a@example.org] } } } }',
      '',
      /one of slack, webhook and email/,
    ],
    [
      'a misspelt kind',
      'notify: { targets: { a: { slak: { url: { env: SLACK } } } } }',
      '',
      /unknown key "slak" in notify\.targets\.a\n {4}Did you mean "slack"\?/,
    ],
    [
      'a secret that is written down',
      `notify: { targets: { a: { slack: { url: "${hook}" } } } }`,
      '',
      /the place that the secret comes from/,
    ],
    [
      'a secret that is not set',
      'notify: { targets: { a: { slack: { url: { env: NOT_SET } } } } }',
      '',
      /firedrill\.yaml:1:\d+: the environment variable NOT_SET is not set/,
    ],
    [
      'mail without a mail server',
      'notify: { targets: { a: { email: { to: [a@example.org] } } } }',
      '',
      /firedrill\.yaml:1:22: the target a is told by e-mail, and there is no mail server/,
    ],
    [
      'a webhook at a metadata address',
      'notify: { targets: { a: { webhook: { url: "http://169.254.169.254/x" } } } }',
      '',
      /link-local or metadata address/,
    ],
    [
      'a webhook without TLS',
      'notify: { targets: { a: { webhook: { url: "http://events.example.org/x" } } } }',
      '',
      /must be https, or http on loopback/,
    ],
    [
      'a mail server at a metadata address',
      'notify: { smtp: { host: "169.254.169.254", from: a@example.org } }',
      '',
      /notify\.smtp\.host must be the name of a mail server/,
    ],
    [
      'a password that would be sent in the clear',
      'notify: { smtp: { host: smtp.example.org, from: a@example.org, tls: none, user: a, password: { env: MAIL } } }',
      '',
      /a password is not sent without TLS/,
    ],
    [
      'a digest at no time of day',
      `${targets}  digest: { to: [sre], at: "25:00" }`,
      '',
      /notify\.digest\.at must be a time of day such as "09:00"/,
    ],
  ]
  for (const [about, installation, schedule, says] of wrong)
    it(`point at ${about}`, async () => {
      const found = (await mistakes(files(installation, schedule), env)).join('\n')
      assert.match(found, says)
      assert.doesNotMatch(found, /not-a-real-one/, 'no secret is repeated')
    })
})
