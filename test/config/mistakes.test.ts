// biome-ignore-all lint/suspicious/noTemplateCurlyInString: that is how variables are written in settings
import assert from 'node:assert/strict'
import { MINIMAL, mistakes } from './folder.ts'

interface Case {
  readonly about: string
  /** A whole schedule, or what is added to the smallest one (whose last line is the third). */
  readonly schedule?: string
  readonly added?: string
  readonly settings?: string
  readonly env?: Readonly<Record<string, string>>
  readonly says: readonly string[]
}

const inSchedule = 'schedules/weekdays.yaml'
const cases: readonly Case[] = [
  {
    about: 'a misspelt key',
    added: 'limits: { concurent: 3 }',
    says: [`${inSchedule}:4:11: unknown key "concurent" in limits\n    Did you mean "concurrent"?`],
  },
  {
    about: 'a key at the wrong level',
    added: 'breaker: off',
    says: [`${inSchedule}:4:1: unknown key "breaker"\n    It belongs under limits.`],
  },
  {
    about: 'two words swapped in a key of firedrill.yaml',
    settings: 'ledegr: embedded',
    says: ['firedrill.yaml:1:1: unknown key "ledegr"\n    Did you mean "ledger"?'],
  },
  {
    about: 'required keys that are missing',
    schedule: 'days: [mon]\n',
    says: [
      `${inSchedule}:1:1: name is missing\n    Write a name of letters, digits, ".", "_" and "-" such as weekdays.`,
      `${inSchedule}:1:1: timezone is missing\n    Write a time zone such as Europe/Berlin.`,
      `${inSchedule}:1:1: meanDaysBetweenDrills is missing\n    Write a number of days, at least 1, such as 5.`,
    ],
  },
  {
    about: 'globs that leave a bracket or a brace open',
    settings: 'never: ["["]\n',
    added:
      'groups: { include: ["web[1]", "{a,{b,c}}", "a\\\\[b", "[[]x", "x]"], exclude: ["prod-[db", "{a,{b}"] }\ndrift: { ignore: ["["] }',
    says: [
      'firedrill.yaml:1:9: the glob "[" opens a "[" that it does not close; a "[" of a name itself is written "\\["',
      `${inSchedule}:4:78: the glob "prod-[db" opens a "[" that it does not close; a "[" of a name itself is written "\\["`,
      `${inSchedule}:4:90: the glob "{a,{b}" opens a "{" that it does not close; a "{" of a name itself is written "\\{"`,
      `${inSchedule}:5:19: the glob "[" opens a "[" that it does not close; a "[" of a name itself is written "\\["`,
    ],
  },
  {
    about: 'an ignore that leaves nothing to compare',
    added: 'drift: { ignore: ["**", "tags/**", "*"] }',
    says: [
      `${inSchedule}:4:19: drift.ignore must not hold "**", which would leave nothing to compare`,
      `${inSchedule}:4:36: drift.ignore must not hold "*", which would leave nothing to compare`,
    ],
  },
  {
    about: 'a cooldown longer than it may be',
    added: 'limits: { serviceCooldown: 48h }',
    says: [`${inSchedule}:4:28: limits.serviceCooldown must be a duration of at most 24h such as 30m, not "48h"`],
  },
  {
    about: 'what stands beside a wrong value of the same map',
    added: 'holidays: { country: XX, dates: [2026-13-24] }\ngroups: { providers: [aws, azur], include: [] }',
    says: [
      `${inSchedule}:4:22: there is no holiday calendar for the country "XX"\n    Did you mean AX (Åland Islands) or CX (Christmas Island) or MX (Mexico)?`,
      `${inSchedule}:4:34: 2026-13-24 is a date that does not exist`,
      `${inSchedule}:5:28: there is no provider "azur"\n    Did you mean "azure"?`,
      `${inSchedule}:5:44: groups.include must be a list of globs such as ["*"], not an empty list`,
    ],
  },
  {
    about: 'a number where a duration is due',
    added: 'settle: 10',
    says: [`${inSchedule}:4:9: settle must be a duration such as 10m, not 10`],
  },
  {
    about: 'a duration of several units',
    added: 'settle: 1h30m',
    says: [`${inSchedule}:4:9: settle must be a duration such as 10m, not "1h30m"`],
  },
  {
    about: 'a deadline of nothing',
    added: 'recovery: { deadline: 0s }',
    says: [`${inSchedule}:4:23: recovery.deadline must be a duration longer than nothing such as 15m, not "0s"`],
  },
  {
    about: 'a share without a percent sign',
    added: 'limits: { maxCapacityLoss: 0.5 }',
    says: [`${inSchedule}:4:28: limits.maxCapacityLoss must be a percentage from 1% to 100% such as 50%, not 0.5`],
  },
  {
    about: 'more than everything',
    added: 'limits: { maxUnsteadyGroups: 110% }',
    says: [`${inSchedule}:4:30: limits.maxUnsteadyGroups must be a percentage from 0% to 100% such as 10%, not "110%"`],
  },
  {
    about: 'a limit of nothing',
    added: 'limits:\n  concurrent: 0\n  strikesPerDay: -1\n  spacing: -5m',
    says: [
      `${inSchedule}:5:15: limits.concurrent must be a whole number of at least 1 such as 3, not 0`,
      `${inSchedule}:6:18: limits.strikesPerDay must be a whole number of at least 1 such as 20, not -1`,
      `${inSchedule}:7:12: limits.spacing must be a duration such as 10m, not "-5m"`,
    ],
  },
  {
    about: 'a list where a map is due',
    added: 'limits: [3]',
    says: [`${inSchedule}:4:9: limits must be a map of keys and values, not a list`],
  },
  {
    about: 'an unknown method',
    added: 'method: retier',
    says: [`${inSchedule}:4:9: method must be retire or crash, not "retier"\n    Did you mean "retire"?`],
  },
  {
    about: 'a word that is only nearly yes',
    added: 'leashed: yes',
    says: [`${inSchedule}:4:10: leashed must be true or false, not "yes"`],
  },
  {
    about: 'names of days',
    added: 'days: [monday, tue, funday]',
    says: [
      `${inSchedule}:4:8: days[0] must be a day (mon, tue, wed, thu, fri, sat, sun) such as mon, not "monday"\n    Did you mean "mon"?`,
      `${inSchedule}:4:21: days[2] must be a day (mon, tue, wed, thu, fri, sat, sun) such as mon, not "funday"`,
    ],
  },
  { about: 'a day twice', added: 'days: [mon, mon]', says: [`${inSchedule}:4:7: days names a day twice`] },
  {
    about: 'no days',
    added: 'days: []',
    says: [`${inSchedule}:4:7: days must be a list of days such as [mon, tue, wed, thu, fri], not an empty list`],
  },
  {
    about: 'hours that open and close at once',
    added: 'hours: "09:00-09:00"',
    says: [`${inSchedule}:4:8: hours open and close at the same time (09:00-09:00); the whole day is "00:00-24:00"`],
  },
  {
    about: 'hours that no clock shows',
    added: 'hours: "09:00-25:00"',
    says: [`${inSchedule}:4:8: hours must be times of a day from 00:00 to 24:00, not "09:00-25:00"`],
  },
  {
    about: 'a window too short for any drill',
    added: 'hours: "09:00-09:20"\nrecovery: { deadline: 15m, soak: 6m }',
    says: [
      `${inSchedule}:4:8: no drill can ever fit: the window is open for 20 min, and a drill may take 15m (recovery.deadline) + 6m (recovery.soak)\n    Open the window longer, or shorten recovery.deadline or recovery.soak.`,
    ],
  },
  {
    about: 'whole days that adjoin but end',
    added: 'days: [sat, sun]\nhours: "00:00-24:00"\nrecovery: { deadline: 2d, soak: 1h }',
    says: [
      `${inSchedule}:5:8: no drill can ever fit: the window is open for 2 d, and a drill may take 2d (recovery.deadline) + 1h (recovery.soak)\n    Open the window longer, or shorten recovery.deadline or recovery.soak.`,
    ],
  },
  {
    about: 'a target after the deadline',
    added: 'recovery: { target: 20m }',
    says: [
      `${inSchedule}:4:21: recovery.target (20m) is later than recovery.deadline (15m)\n    The target is when a recovery counts as slow, the deadline when it counts as failed.`,
    ],
  },
  {
    about: 'a zone that does not exist',
    schedule: MINIMAL.replace('Europe/Berlin', 'Europe/Berln'),
    says: [`${inSchedule}:2:11: there is no time zone "Europe/Berln"\n    Did you mean Europe/Berlin?`],
  },
  {
    about: 'a zone by its city alone',
    schedule: MINIMAL.replace('Europe/Berlin', 'Tokyo'),
    says: [`${inSchedule}:2:11: there is no time zone "Tokyo"\n    Did you mean Asia/Tokyo?`],
  },
  {
    about: 'an offset instead of a zone',
    schedule: MINIMAL.replace('Europe/Berlin', '"+01:00"'),
    says: [`${inSchedule}:2:11: there is no time zone "+01:00"\n    Write a name such as Europe/Berlin or UTC.`],
  },
  {
    about: 'an unknown country',
    added: 'holidays: { country: Germany }',
    says: [`${inSchedule}:4:22: there is no holiday calendar for the country "Germany"\n    Did you mean DE (Germany)?`],
  },
  {
    about: 'an unknown region',
    added: 'holidays: { country: DE, region: Berlin }',
    says: [`${inSchedule}:4:34: DE has no region "Berlin" in its holiday calendar\n    Did you mean "BE"?`],
  },
  {
    about: 'a region without a country',
    added: 'holidays: { region: BE }',
    says: [`${inSchedule}:4:21: holidays.region needs a country\n    Write for example { country: DE, region: BE }.`],
  },
  {
    about: 'a date that does not exist',
    added: 'holidays: { dates: [2026-02-29] }',
    says: [`${inSchedule}:4:21: 2026-02-29 is a date that does not exist`],
  },
  {
    about: 'fewer days on average than at least',
    added: 'minDaysBetweenDrills: 6',
    says: [`${inSchedule}:4:23: minDaysBetweenDrills (6) is more than meanDaysBetweenDrills (5)\n    Write min ≤ mean ≤ max.`],
  },
  {
    about: 'more days on average than the default allows at most',
    schedule: MINIMAL.replace('Drills: 5', 'Drills: 30'),
    says: [
      `${inSchedule}:3:24: maxDaysBetweenDrills (20, the default) is less than meanDaysBetweenDrills (30)\n    Write for example maxDaysBetweenDrills: 120.`,
    ],
  },
  {
    about: 'S8 no leash and no word about guards',
    added: 'leashed: false',
    says: [
      `${inSchedule}:4:1: leashed: false needs guards: to be written (S8)\n    List the guards to ask before each strike, or write guards: none.`,
    ],
  },
  {
    about: 'S8 no leash, and a list without guards',
    added: 'leashed: false\nguards: []',
    says: [
      `${inSchedule}:5:9: leashed: false needs guards, and this list is empty (S8)\n    List the guards to ask before each strike, or write guards: none.`,
    ],
  },
  { about: 'S8 no leash, and guards: none', added: 'leashed: false\nguards: none', says: [] },
  {
    about: 'guards that there are not, and what may have been meant',
    added: 'guards: [promethus, { cloudwatch-alarms: { names: [a] } }, constructor]',
    says: [
      `${inSchedule}:4:10: there is no guard "promethus"\n    Did you mean "prometheus"?`,
      `${inSchedule}:4:23: there is no guard "cloudwatch-alarms"\n    Did you mean "cloudwatch-alarm"?`,
      `${inSchedule}:4:60: there is no guard "constructor"\n    There are alertmanager, calendar, command, http, prometheus, cloudwatch-alarm.`,
    ],
  },
  {
    about: 'guards that are set wrongly',
    added: `guards:
  - prometheus: { url: "http://metrics:9090", query: up }
  - alertmanager: { url: "https://user:word@alerts", labels: { severity: critical } }
  - http: { url: "http://status/", json: { status: ok }, timout: 5s }
  - calendar: {}
  - command: { command: "check --now" }
  - cloudwatch-alarm: { names: [a], prefix: b }`,
    says: [
      `${inSchedule}:5:17: a query needs a bound\n    Write max:, min: or both.`,
      `${inSchedule}:6:26: url must not hold a user or password: it is stored with every drill. Write token: { env: NAME }`,
      `${inSchedule}:7:44: "status" cannot be a key here\n    Write a JSON pointer such as /status.`,
      `${inSchedule}:7:58: unknown key "timout" in guards[2].http\n    Did you mean "timeout"?`,
      `${inSchedule}:8:15: a calendar is a file or a url\n    Write file: or url:.`,
      `${inSchedule}:9:25: guards[4].command.command must be a program and its arguments as a list such as [/opt/checks/ready, --quick], not "check --now"`,
      `${inSchedule}:10:23: alarms are chosen in exactly one way: by names, prefix or tags\n    Write for example names: [web-5xx].`,
    ],
  },
  {
    about: 'secrets that stand in a schedule, or are not there',
    added: `guards:
  - http: { url: "http://status/?api_key=abc", headers: { X-Api-Key: abc }, token: abc }
probes:
  - http:
      url: "http://{address}/"
      headers: { X-Api-Key: { env: NOT_SET } }
      token: { file: /run/secrets/later }`,
    says: [
      `${inSchedule}:5:18: url must not hold a secret in "api_key": it is stored with every drill. Write headers: or token:`,
      `${inSchedule}:5:70: the header X-Api-Key may hold a secret, so it comes from the environment or a file: X-Api-Key: { env: NAME } or { file: PATH }`,
      `${inSchedule}:5:84: guards[0].http.token must be the place that the secret comes from such as { env: API_TOKEN } or { file: /run/secrets/api-token }`,
      `${inSchedule}:9:29: the environment variable NOT_SET is not set\n    Set it, or write { file: PATH }.`,
    ],
  },
  {
    about: 'probes that are set wrongly',
    added: `probes:
  - tcp: { port: 70000 }
  - consul: { service: web, passes: 0, interval: 0s }
  - eureka: { url: "http://eureka/" }
  - dns: { name: "{adress}.test" }
  - http: { url: "http://169.254.169.254/" }`,
    says: [
      `${inSchedule}:5:18: probes[0].tcp.port must be a port such as 5432, not 70000`,
      `${inSchedule}:6:37: probes[1].consul.passes must be a whole number from 1 to 100 such as 2, not 0`,
      `${inSchedule}:6:50: probes[1].consul.interval must be a duration longer than nothing such as 5s, not "0s"`,
      `${inSchedule}:7:5: probes[2].eureka.app is missing\n    Write the name of an application such as WEB.`,
      `${inSchedule}:8:18: probes[3].dns.name must be a name in the DNS; {address}, {id} and {name} are those of the instance such as web.service.consul, not "{adress}.test"`,
      `${inSchedule}:9:18: url must not point at a link-local or metadata address`,
    ],
  },
  {
    about: 'guards and probes that are set rightly',
    added: `guards:
  - prometheus: { url: "http://metrics:9090", query: "sum(rate(errors[5m]))", max: 0.01, token: { env: TOKEN } }
  - alertmanager: { url: "http://alerts:9093", labels: { severity: critical } }
  - http: { url: "https://status/", json: { /status/indicator: [none, minor] } }
  - calendar: { url: { env: TOKEN }, containing: [freeze] }
  - command: { command: [./may-drill, --quick], env: { REGION: here, TOKEN: { env: TOKEN } } }
  - cloudwatch-alarm: { tags: { firedrill-guard: "yes" } }
probes:
  - tcp: { port: 443, passes: 3, interval: 2s }
  - consul: { service: web, match: meta.instance-id }
  - eureka: { url: "http://eureka:8761/eureka", app: web }
  - dns: { name: web.service.consul, server: "127.0.0.1:8600" }
  - http: { url: "http://{address}:8080/health", json: { /status: UP } }
  - command: { command: [/opt/checks/ready] }
fingerprint: { command: { command: [./fingerprint-by-ssm], timeout: 3m } }`,
    env: { TOKEN: 'x' },
    says: [],
  },
  {
    about: 'an unknown fingerprint',
    added: 'fingerprint: { htp: {} }',
    says: [`${inSchedule}:4:16: there is no fingerprint "htp"\n    Did you mean "http"?`],
  },
  {
    about: 'a fingerprint that is set wrongly',
    added: 'fingerprint:\n  http:\n    url: "http://169.254.169.254/{adress}"\n    timout: 5s',
    says: [
      `${inSchedule}:6:10: {adress} is no placeholder; there are {address}, {id} and {name}`,
      `${inSchedule}:7:5: unknown key "timout" in fingerprint.http\n    Did you mean "timeout"?`,
    ],
  },
  {
    about: 'a target that firedrill.yaml does not name',
    added: 'notify: [slack]',
    says: [`${inSchedule}:4:10: there is no target "slack"\n    Write it under notify.targets of firedrill.yaml.`],
  },
  {
    about: 'an unknown provider in a schedule',
    added: 'groups: { providers: [aws, gpc] }',
    says: [`${inSchedule}:4:28: there is no provider "gpc"\n    Did you mean "gcp"?`],
  },
  {
    about: 'the same key twice, beside another mistake',
    added: 'settle: 1m\nsettle: 2m\nmethod: burn',
    says: [
      `${inSchedule}:5:1: the key "settle" stands here a second time\n    Keep one of them: only one could count.`,
      `${inSchedule}:6:9: method must be retire or crash, not "burn"`,
    ],
  },
  {
    about: 'a tab',
    added: 'limits:\n\tconcurrent: 3',
    says: [`${inSchedule}:5:1: a tab indents this line\n    Indent YAML with spaces.`],
  },
  {
    about: 'an alias without its anchor',
    schedule: 'name: weekdays\ntimezone: *zone\nmeanDaysBetweenDrills: 5\n',
    says: [`${inSchedule}:2:11: there is no anchor &zone before this *zone\n    Put a text that begins with "*" in quotes.`],
  },
  {
    about: 'aliases that grow into billions of values',
    schedule: `a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: [*c,*c,*c,*c,*c,*c,*c,*c,*c]\n`,
    says: [`${inSchedule}:1:1: its aliases (*name) repeat far too much\n    Write out what they stand for.`],
  },
  {
    about: 'two documents in one file',
    schedule: `${MINIMAL}---\n${MINIMAL}`,
    says: [`${inSchedule}:4:1: a second YAML document starts here\n    Write one document per file, without "---" between them.`],
  },
  {
    about: 'an indentation that went wrong, once',
    schedule: 'name: weekdays\n  timezone: Europe/Berlin\n meanDaysBetweenDrills: 5\n',
    says: [
      `${inSchedule}:1:7: this is not valid YAML: Nested mappings are not allowed in compact mappings\n    Look at how this line and the next are indented, and put a text that holds ": " in quotes.`,
    ],
  },
  {
    about: 'a guard that cannot be without settings',
    added: 'guards: [http]',
    says: [`${inSchedule}:4:10: the guard "http" needs settings\n    Write { http: { url: … } }.`],
  },
  {
    about: 'guards that are neither a list nor none',
    added: 'guards: nothing',
    says: [
      `${inSchedule}:4:9: guards must be none, or a list such as [{ http: { url: "https://status.internal/health" } }], not "nothing"`,
    ],
  },
  {
    about: "a provider's list of one without its brackets, and an account without its map",
    settings: 'providers:\n  aws: { regions: eu-west-1, accounts: [drill] }\n',
    says: [
      'firedrill.yaml:2:19: providers.aws.regions must be a list, not "eu-west-1"\n    Write [eu-west-1].',
      'firedrill.yaml:2:41: providers.aws.accounts[0] must be a map that may hold roleArn, externalId, not "drill"',
    ],
  },
  {
    about: 'a file that is no map',
    schedule: '- a\n',
    says: [`${inSchedule}:1:1: this file must be a map of keys and values, not a list`],
  },
  {
    about: 'mistakes in both files',
    settings: 'never: "*-db"\n',
    added: 'settle: soon',
    says: [
      'firedrill.yaml:1:8: never must be a list of globs such as ["*-prod-db"], not "*-db"',
      `${inSchedule}:4:9: settle must be a duration such as 10m, not "soon"`,
    ],
  },
  {
    about: 'a provider that is misspelt',
    settings: 'providers:\n  asw: {}\n',
    says: ['firedrill.yaml:2:3: there is no provider "asw"\n    Did you mean "aws"?'],
  },
  {
    about: "a provider's own settings",
    settings: 'providers:\n  aws: { regions: [eu-west], endpoint: "http://example.com", slef: true }\n',
    says: [
      'firedrill.yaml:2:20: providers.aws.regions[0] "eu-west" is not an AWS region such as eu-west-1',
      'firedrill.yaml:2:40: providers.aws.endpoint is plain http, which is allowed on loopback only\n    Use https, or http to 127.0.0.1 or localhost.',
      'firedrill.yaml:2:62: unknown key "slef" in providers.aws\n    Did you mean "self"?',
    ],
  },
  {
    about: 'an endpoint of the environment that is plain http elsewhere',
    settings: 'providers: { aws: {} }\n',
    env: { AWS_ENDPOINT_URL: 'http://10.0.0.1:4566' },
    says: [
      'environment variable AWS_ENDPOINT_URL: this endpoint is plain http, which is allowed on loopback only\n    Use https, or http to 127.0.0.1 or localhost.',
    ],
  },
  {
    about: 'a ledger on something else, without giving its password away',
    settings: 'ledger: mysql://drill:hunter2@db/firedrill\n',
    says: [
      'firedrill.yaml:1:9: ledger must be embedded, or the URL of a PostgreSQL database such as postgres://firedrill@db.internal/firedrill, not "mysql://db/firedrill"',
    ],
  },
  {
    about: 'a variable that is not set',
    settings: 'ledger: ${LEDGER_URL}\nqueue: ${QUEUE_URL:-embedded}\n',
    says: ['firedrill.yaml:1:9: the environment variable LEDGER_URL is not set\n    Set it, or write ${LEDGER_URL:-default}.'],
  },
  {
    about: 'a reference that names no variable',
    settings: 'dataDir: "${not a name}"\n',
    says: ['firedrill.yaml:1:10: "${not a name}" names no variable\n    Write ${NAME} or ${NAME:-default}; $${ stands for ${ itself.'],
  },
]

describe('mistakes in settings', () => {
  for (const { about, schedule, added = '', settings, env = {}, says } of cases)
    it(`points at ${about}`, async () => {
      const files = { [inSchedule]: schedule ?? `${MINIMAL}${added}\n`, ...(settings !== undefined && { 'firedrill.yaml': settings }) }
      assert.deepEqual(await mistakes(files, env), says)
    })

  it('names both files of two schedules with one name', async () => {
    const files = { 'schedules/a.yaml': MINIMAL, 'schedules/b.yml': MINIMAL }
    assert.deepEqual(await mistakes(files), [
      'schedules/b.yml:1:7: the schedule name "weekdays" is taken by schedules/a.yaml\n    Give each schedule a name of its own.',
    ])
  })

  it('finds an empty and a missing schedules folder', async () => {
    assert.deepEqual(await mistakes({ 'firedrill.yaml': 'schedules: plans/\n', 'plans/.hidden.yaml': '', 'plans/readme.md': '' }), [
      'firedrill.yaml:1:12: there is no schedule (*.yaml) in plans\n    Write one, or run "firedrill init" for a sample; leashed ones strike nothing.',
    ])
    assert.deepEqual(await mistakes({ 'firedrill.yaml': '{}\n' }), [
      'firedrill.yaml:1:1: the schedules folder schedules is not there\n    Make it with a schedule in it, or run "firedrill init" for a sample.',
    ])
  })

  it('finds a folder where a file should be', async () => {
    const loaded = mistakes({ 'schedules/a.yaml/readme.md': '' })
    assert.deepEqual(await loaded, ['schedules/a.yaml: this is a folder, not a file'])
    assert.deepEqual(await mistakes({ 'firedrill.yaml/readme.md': '' }), ['firedrill.yaml: this is a folder, not a file'])
  })

  it('finds a file where the folder of schedules should be', async () => {
    assert.deepEqual(await mistakes({ 'firedrill.yaml': 'schedules: plans\n', plans: MINIMAL }), [
      'firedrill.yaml:1:12: plans is no folder\n    Name the folder that holds the schedules.',
    ])
  })

  it('reads no file that fills the memory', async () => {
    const long = '- a\n'.repeat(500_000)
    assert.deepEqual(await mistakes({ 'firedrill.yaml': long, 'schedules/a.yaml': MINIMAL }), [
      'firedrill.yaml: this file holds more than 1 MB, which no settings do\n    Is it the right one?',
    ])
    assert.deepEqual(await mistakes({ 'schedules/a.yaml': long }), [
      'schedules/a.yaml: this file holds more than 1 MB, which no settings do\n    Is it the right one?',
    ])
  })

  it('does not pass over a firedrill.yml in silence', async () => {
    assert.deepEqual(await mistakes({ 'firedrill.yml': 'never: ["*-db"]\n' }), [
      'firedrill.yml: this file is not read, firedrill.yaml is\n    Rename it, or name it with --config.',
    ])
    assert.deepEqual(await mistakes({ 'firedrill.yml': '', 'firedrill.yaml': '', 'schedules/a.yaml': MINIMAL }), [])
  })

  it('finds a file of --config that is not there', async () => {
    const { loadSettings } = await import('../../src/config/load.ts')
    await assert.rejects(loadSettings({ file: '/nowhere/firedrill.yaml', env: {}, cwd: '/' }), {
      name: 'ConfigError',
      message: /^nowhere\/firedrill\.yaml: there is no such file/,
    })
  })
})
