import { near } from '../domain/spelling.ts'

/** Whether this is a zone that Temporal knows by name. Offsets such as +01:00 are none: they have no summer time. */
export function isTimeZone(name: string): boolean {
  if (!/^[A-Za-z][A-Za-z0-9_+/-]*$/.test(name)) return false
  try {
    Temporal.Instant.fromEpochMilliseconds(0).toZonedDateTimeISO(name)
    return true
  } catch {
    return false
  }
}

/** Zones that may have been meant, by the whole name or by its city. */
export function nearTimeZones(name: string): string[] {
  const zones = Intl.supportedValuesOf('timeZone')
  const city = name.split('/').at(-1) ?? name
  const byCity = new Map(zones.map(zone => [zone.split('/').at(-1) ?? zone, zone]))
  const cities = near(city, [...byCity.keys()], 2).flatMap(found => byCity.get(found) ?? [])
  return [...new Set([...near(name, zones, 2), ...cities])].slice(0, 3)
}
