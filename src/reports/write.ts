import { mkdir, open, rename, rm } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { renderHtml } from './html/page.ts'
import { renderJson } from './json.ts'
import { renderJunit } from './junit.ts'
import { renderMarkdown } from './markdown.ts'
import type { ReportInput } from './model.ts'
import { buildReport, type Report } from './report.ts'

export type ReportFormat = 'html' | 'json' | 'md' | 'junit'

export const reportFormats = ['html', 'json', 'md', 'junit'] as const satisfies readonly ReportFormat[]

const renderers: Readonly<Record<ReportFormat, { readonly file: string; readonly render: (report: Report) => string }>> = {
  html: { file: 'report.html', render: renderHtml },
  json: { file: 'report.json', render: renderJson },
  md: { file: 'report.md', render: renderMarkdown },
  junit: { file: 'report.xml', render: renderJunit },
}

export type WriteOptions = WhereAndHow & ({ readonly report: Report } | { readonly input: ReportInput })

interface WhereAndHow {
  readonly formats: readonly ReportFormat[]
  /** A folder; made where it is missing. */
  readonly out: string
}

/**
 * Writes the report in each format and returns the absolute paths, in the order of `formats`. A file is
 * whole or not there: it is written beside its place and moved. Throws what the file system throws.
 */
export async function writeReports({ formats, out, ...source }: WriteOptions): Promise<string[]> {
  const report = 'report' in source ? source.report : buildReport(source.input)
  const folder = resolve(out)
  await mkdir(folder, { recursive: true })
  const paths: string[] = []
  for (const format of new Set(formats)) {
    const { file, render } = renderers[format]
    const path = join(folder, file)
    await writeWhole(path, render(report))
    paths.push(path)
  }
  return paths
}

/** Writes a file so that it is whole or not there. Throws what the file system throws. */
export async function writeWhole(path: string, text: string): Promise<void> {
  const draft = `${path}.${process.pid}.part`
  try {
    const file = await open(draft, 'w')
    try {
      await file.writeFile(text)
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(draft, path)
  } catch (error) {
    await rm(draft, { force: true })
    throw error
  }
}
