/** A part of the world that changes by itself and can be copied whole: an account's region, a project, a subscription. */
export interface Part {
  /** As the scope's id in Firedrill, `aws:123456789012/eu-west-1`. */
  readonly id: string
  /** Grows with every change; `changedAt` is when the present state began. */
  version: number
  changedAt: number
}

interface Snapshot {
  /** From this moment until the next snapshot's this was the state. */
  readonly from: number
  readonly part: Part
}

/**
 * Past states of parts, kept only while somebody may ask for them: every change then copies the part
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

  /** Called right before a part changes. */
  capture(part: Part, now: number): void {
    if (this.#keep === 0 || part.changedAt >= now) return
    const kept = this.#snapshots.get(part.id) ?? []
    kept.push({ from: part.changedAt, part: structuredClone(part) })
    while (kept.length > 1 && (kept[1] as Snapshot).from < now - this.#keep) kept.shift()
    this.#snapshots.set(part.id, kept)
  }

  /** The part as it was at this moment, or as long ago as is known. */
  at<Kind extends Part>(part: Kind, moment: number): Kind {
    if (part.changedAt <= moment) return part
    const kept = this.#snapshots.get(part.id) ?? []
    return ((kept.findLast(snapshot => snapshot.from <= moment) ?? kept[0])?.part as Kind | undefined) ?? part
  }
}
