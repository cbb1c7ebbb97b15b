import { cells, fitCells } from './columns.ts'

/*
 * Names in a column. Those that people give share their beginning (a stack, a product), their end (a region, a colour) or both, so
 * that a plain cut would make one of several.
 */

export interface NameColumn {
  readonly width: number
  /** One of the names that the column was made for, at most `width` cells wide. */
  fit(name: string): string
}

type Cut = (name: string) => string

/** `least` cells wide where names that differ still do when cut to that; else as wide as the longest, but never wider than `most`. */
export function nameColumn(names: readonly string[], { least, most }: { readonly least: number; readonly most: number }): NameColumn {
  const all = [...new Set(names)]
  const atLeast: Cut = name => fitCells(name, least)
  if (tellApart(all, atLeast)) return { width: least, fit: atLeast }
  const width = Math.max(least, Math.min(most, Math.max(...all.map(cells))))
  const cuts: readonly Cut[] = [name => fitCells(name, width), name => fitCells(name, width, 'halves')]
  return { width, fit: cuts.find(cut => tellApart(all, cut)) ?? (name => fromDifference(name, all, width)) }
}

function tellApart(names: readonly string[], cut: Cut): boolean {
  return new Set(names.map(cut)).size === names.length
}

/** Where beginning and end look like another's: a little of the beginning, and what follows from where the two differ. */
function fromDifference(name: string, names: readonly string[], width: number): string {
  const halves = fitCells(name, width, 'halves')
  const alike = names.filter(other => other !== name && fitCells(other, width, 'halves') === halves)
  if (alike.length === 0) return halves
  const shared = Math.max(...alike.map(other => sharedBeginning(name, other)))
  const head = fitCells(name, Math.ceil(width / 4))
  return head + fitCells(name.slice(shared), width - cells(head))
}

const letters = new Intl.Segmenter('en', { granularity: 'grapheme' })

/** Ends between two letters of the name, not within one. */
function sharedBeginning(name: string, other: string): number {
  return [...letters.segment(name)].findLast(({ index }) => other.startsWith(name.slice(0, index)))?.index ?? 0
}
