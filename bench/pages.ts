import { drills, groups, openLarge, paths } from '../test/web/large.ts'

const rounds = 7

export interface PageTime {
  readonly path: string
  /** Of the processor, in ms, both ends of the connection: the first answer of a process, and the best of those after it. */
  readonly first: number
  readonly best: number
  readonly bytes: number
}

/** What each page of a large installation costs. */
export async function timePages(): Promise<{ readonly groups: number; readonly drills: number; readonly pages: readonly PageTime[] }> {
  const large = await openLarge()
  const pages: PageTime[] = []
  try {
    for (const path of paths) {
      let bytes = 0
      const times: number[] = []
      for (let round = 0; round < rounds; round++) {
        const started = process.cpuUsage()
        bytes = Buffer.byteLength(await large.stage.page(path))
        const { user, system } = process.cpuUsage(started)
        times.push((user + system) / 1000)
      }
      pages.push({ path, first: times[0] ?? Number.NaN, best: Math.min(...times), bytes })
    }
  } finally {
    await large.close()
  }
  return { groups, drills, pages }
}
