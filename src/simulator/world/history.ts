import type { Region } from './model.ts'

interface Snapshot {
  /** From this moment until the next snapshot's this was the state. */
  readonly from: number
  readonly region: Region
}

/**
 * Past states of regions, kept only while somebody may ask for them: every change then copies the region
 * first. Without a keeper it costs nothing.
 */
export class History {
  #keep = 0
  readonly #snapshots = new Map<string, Snapshot[]>()

  /** How far back reads may go, in milliseconds; 0 ends recording. */
  record(keep: number): void {
    this.#keep = keep
    if (keep === 0) this.#snapshots.clear()
  }

  /** Called right before a region changes. */
  capture(region: Region, now: number): void {
    if (this.#keep === 0 || region.changedAt >= now) return
    const key = `${region.account}/${region.name}`
    const kept = this.#snapshots.get(key) ?? []
    kept.push({ from: region.changedAt, region: structuredClone(region) })
    while (kept.length > 1 && (kept[1] as Snapshot).from < now - this.#keep) kept.shift()
    this.#snapshots.set(key, kept)
  }

  /** The region as it was at this moment, or as long ago as is known. */
  at(region: Region, moment: number): Region {
    if (region.changedAt <= moment) return region
    const kept = this.#snapshots.get(`${region.account}/${region.name}`) ?? []
    return (kept.findLast(snapshot => snapshot.from <= moment) ?? kept[0])?.region ?? region
  }
}
