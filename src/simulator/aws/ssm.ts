import { type Operations, reads } from './call.ts'

export const ssm: Operations = {
  GetParameters: reads(({ region, input }) => {
    const asked = input.list('Names').map(name => ({ name, parameter: region.parameters.get(name) }))
    return {
      Parameters: asked.flatMap(({ name, parameter }) => {
        const last = parameter?.values.at(-1)
        if (parameter === undefined || last === undefined) return []
        return {
          Name: name,
          Type: 'String',
          Value: last.value,
          Version: parameter.values.length,
          LastModifiedDate: new Date(last.at),
          ARN: `arn:aws:ssm:${region.name}:${region.account}:parameter${name}`,
          DataType: 'text',
        }
      }),
      InvalidParameters: asked.filter(({ parameter }) => parameter === undefined).map(({ name }) => name),
    }
  }),
}
