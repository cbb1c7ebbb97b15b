/** `2026-11-23 09:31Z`: UTC, so that it means the same to everybody who reads it. */
export function momentText(moment: Temporal.Instant): string {
  const text = moment.toString({ smallestUnit: 'minute' })
  return `${text.slice(0, 10)} ${text.slice(11)}`
}

/** `09:31:02Z` */
export function clockText(moment: Temporal.Instant): string {
  return moment.toString({ smallestUnit: 'second' }).slice(11)
}
