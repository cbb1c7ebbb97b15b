import { readFile } from 'node:fs/promises'
import { parse } from 'yaml'

const folder = new URL('../../deploy/', import.meta.url)

interface Rules {
  readonly groups: readonly { readonly rules: readonly Rule[] }[]
}
interface Rule {
  readonly alert: string
  readonly expr: string
  readonly annotations: Readonly<Record<string, string>>
}
interface Dashboard {
  readonly panels: readonly {
    readonly title: string
    readonly targets: readonly { readonly expr: string; readonly legendFormat?: string }[]
  }[]
}

/** An expression of a panel or an alert, and the texts that its labels are shown in. */
interface Shown {
  readonly where: string
  readonly expr: string
  readonly texts: readonly string[]
}

/** Everything in deploy/ that asks Prometheus for something. */
export async function deployFiles(): Promise<readonly Shown[]> {
  const rules = parse(await readFile(new URL('prometheus-rules.yaml', folder), 'utf8')) as Rules
  const dashboard = JSON.parse(await readFile(new URL('grafana-dashboard.json', folder), 'utf8')) as Dashboard
  return [
    ...rules.groups
      .flatMap(group => group.rules)
      .map(rule => ({ where: rule.alert, expr: rule.expr, texts: Object.values(rule.annotations) })),
    ...dashboard.panels.flatMap(({ title, targets }) =>
      targets.map(({ expr, legendFormat = '' }) => ({ where: title, expr, texts: [legendFormat] })),
    ),
  ]
}

interface Asked {
  readonly where: string
  readonly name: string
  readonly labels: readonly string[]
}

/** The metrics of the program that are asked for, without what Prometheus itself adds, and the labels that each must have. */
export function askedOf(shown: readonly Shown[]): readonly Asked[] {
  return shown.flatMap(({ where, expr, texts }) => {
    const selected = [...expr.matchAll(/\b((?:firedrill|process)_\w+)(?:\{([^}]*)\})?/g)]
    const grouped = [...expr.matchAll(/\bby \(([^)]*)\)/g)].flatMap(([, names = '']) => names.split(',').map(name => name.trim()))
    const written = texts.flatMap(text => [...text.matchAll(/\{\{\s*(?:\$labels\.)?(\w+)\s*\}\}/g)].map(([, name = '']) => name))
    return selected.map(([, name = '', matchers = '']) => ({
      where,
      name: name.replace(/_bucket$/, ''),
      labels: [...grouped, ...written, ...[...matchers.matchAll(/(\w+)\s*[=!]/g)].map(([, label = '']) => label)].filter(
        label => !['le', 'job', 'instance', 'value'].includes(label),
      ),
    }))
  })
}
