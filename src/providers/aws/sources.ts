import type { AutoScalingGroup, Instance, LaunchTemplateOverrides, LaunchTemplateSpecification } from '@aws-sdk/client-auto-scaling'
import { distinct } from '../shared/batches.ts'

/** What a launch reads: a template in a version (a number, `$Latest`, `$Default`), or a launch configuration. */
export type LaunchSource =
  | { readonly kind: 'template'; readonly key: string; readonly id: string | null; readonly name: string | null; readonly version: string }
  | { readonly kind: 'configuration'; readonly name: string }

/** One of the ways in which a group may launch an instance; a mixed policy has several. */
export interface LaunchOption {
  readonly launch: LaunchSource
  /** Overrides the template's; null: the template's own. */
  readonly type: string | null
  /** The type is found by requirements at launch. */
  readonly anyType: boolean
  readonly image: string | null
  /** A word for the version in force: requirements cannot be named, so they are spelt out. */
  readonly requirements: string | null
}

/** A group's options in their order; empty where the group says nothing that is known. */
export function launchOptions(group: AutoScalingGroup): LaunchOption[] {
  const mixed = group.MixedInstancesPolicy?.LaunchTemplate
  const base =
    templateSource(mixed?.LaunchTemplateSpecification) ??
    templateSource(group.LaunchTemplate) ??
    configurationSource(group.LaunchConfigurationName)
  const overrides: readonly LaunchTemplateOverrides[] = mixed?.Overrides?.length ? mixed.Overrides : [{}]
  return overrides.flatMap(override => {
    const launch = templateSource(override.LaunchTemplateSpecification) ?? base
    if (launch === null) return []
    return [
      {
        launch,
        type: override.InstanceType ?? null,
        anyType: override.InstanceRequirements !== undefined,
        image: override.ImageId ?? null,
        requirements: override.InstanceRequirements === undefined ? null : JSON.stringify(override.InstanceRequirements),
      },
    ]
  })
}

export function launchesOf(group: AutoScalingGroup): LaunchSource[] {
  return launchOptions(group).map(option => option.launch)
}

function templateSource(specification: LaunchTemplateSpecification | undefined): (LaunchSource & { kind: 'template' }) | null {
  const { LaunchTemplateId: id, LaunchTemplateName: name, Version: version } = specification ?? {}
  const key = id || name
  return key ? { kind: 'template', key, id: id || null, name: name || null, version: version || '$Default' } : null
}

function configurationSource(name: string | undefined): LaunchSource | null {
  return name ? { kind: 'configuration', name } : null
}

/** `lt-0a1:7` or `lc:web-3`; null where the platform does not say, or only by an alias that may have moved. */
export function bornFrom(instance: Instance): string | null {
  const template = templateSource(instance.LaunchTemplate)
  if (template !== null) return /^\d+$/.test(template.version) ? `${template.key}:${template.version}` : null
  return instance.LaunchConfigurationName ? `lc:${instance.LaunchConfigurationName}` : null
}

/** The inverse of bornFrom. */
export function sourceOfBirth(born: string): LaunchSource | null {
  if (born.startsWith('lc:')) return configurationSource(born.slice(3))
  const split = born.lastIndexOf(':')
  const key = born.slice(0, split)
  if (split < 1) return null
  return {
    kind: 'template',
    key,
    id: key.startsWith('lt-') ? key : null,
    name: key.startsWith('lt-') ? null : key,
    version: born.slice(split + 1),
  }
}

/** Numbers behind `$Latest` and `$Default`, by template key. */
export type Aliases = ReadonlyMap<string, { readonly latest: string; readonly default: string }>

/** The version number that a source means now, or null where it could not be resolved. */
function resolvedVersion(source: LaunchSource & { kind: 'template' }, aliases: Aliases): string | null {
  if (/^\d+$/.test(source.version)) return source.version
  const known = aliases.get(source.key)
  return (source.version === '$Latest' ? known?.latest : known?.default) ?? null
}

/** Names the declaration in force: equal words mean the same templates in the same versions, types and images. */
export function declarationVersion(group: AutoScalingGroup, aliases: Aliases): string {
  const options = launchOptions(group).map(option =>
    [versionOf(option, aliases), option.type, option.image, option.requirements].filter(part => part !== null).join('/'),
  )
  return distinct(options).join(' ') || 'none'
}

/** Whether every alias is known: while one is not, nobody can say which version is in force. */
export function isResolved(group: AutoScalingGroup, aliases: Aliases): boolean {
  return launchOptions(group).every(({ launch }) => launch.kind === 'configuration' || resolvedVersion(launch, aliases) !== null)
}

/** The templates and versions in force, spelled like `bornFrom`: several where overrides name their own. */
export function templateVersions(group: AutoScalingGroup, aliases: Aliases): readonly string[] {
  return distinct(launchOptions(group).map(option => versionOf(option, aliases)))
}

function versionOf({ launch }: LaunchOption, aliases: Aliases): string {
  return launch.kind === 'configuration' ? `lc:${launch.name}` : `${launch.key}:${resolvedVersion(launch, aliases) ?? launch.version}`
}
