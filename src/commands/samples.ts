/** What `init` writes; firedrill.example.yaml and schedules/weekdays.yaml in the repository are the same texts. */
export const SAMPLE_SETTINGS = `# Firedrill's settings. Check them with: firedrill validate
# \${VAR} and \${VAR:-default} in values are filled from the environment.

ledger: embedded            # SQLite in dataDir; or postgres://…
queue: embedded             # in the process; or redis://… / rediss://… / postgres://…
dataDir: .firedrill
schedules: schedules/

# Never struck, whatever their tags say: globs on names, or on ids where they hold a ":".
never: ["*-prod-db"]

providers:
  aws:
    regions: [eu-west-1]
    # accounts: [{ roleArn: "arn:aws:iam::123456789012:role/firedrill" }]

# Whom the tag firedrill-owner stands for.
owners: {}

web: { listen: "127.0.0.1:8080" }
`

export const SAMPLE_SCHEDULE = `# When, which groups, how often. Groups opt in with the tag firedrill=enabled.
# Only name, timezone and meanDaysBetweenDrills are required.

name: weekdays
timezone: Europe/Berlin
days: [mon, tue, wed, thu, fri]
hours: "09:30-15:30"
holidays: { country: DE, region: BE, dates: [2026-12-24] }
groups: { providers: [aws, gcp, azure, swarm], include: ["*"], exclude: ["*-db"] }
meanDaysBetweenDrills: 5
minDaysBetweenDrills: 1
maxDaysBetweenDrills: 20
limits:
  concurrent: 3
  concurrentPerScope: 1
  strikesPerDay: 20
  strikesPerGroupPerDay: 1
  strikesPerRun: 20
  spacing: 10m
  serviceCooldown: 30m
  maxCapacityLoss: 50%
  maxUnsteadyGroups: 10%
  woundedPerScope: 0
  breaker: { inARow: 2, shareOfDay: 50% }     # or off
victim: { minAge: 1h, minGroupSize: 2 }
settle: 10m
method: retire                                # or crash
maxImageLag: 14d
strikeDrifted: false
recovery: { target: 5m, deadline: 15m, soak: 5m }
drift: { ignore: [], warn: ["tags/**"] }

# A leashed schedule does everything but the strike. Watch what it would do, then write false.
leashed: true
guards: none
probes: []
# fingerprint: { http: { url: "http://{address}:9100/fingerprint", timeout: 5s } }
notify: []
`
