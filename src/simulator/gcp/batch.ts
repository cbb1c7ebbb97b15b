import type { Incoming, Reply } from './handler.ts'

const BOUNDARY = 'batch_simulator'

/** Google's batches (gcloud sends its lists so): each part is a whole HTTP request, and each answer a whole HTTP answer. */
export async function answerBatch(
  incoming: Incoming,
  reply: (part: Incoming) => Promise<Reply>,
): Promise<{ readonly type: string; readonly text: string }> {
  const boundary = /boundary="?([^";]+)"?/.exec(incoming.header('content-type') ?? '')?.[1] ?? ''
  const answers: string[] = []
  for (const part of incoming.body.split(`--${boundary}`).slice(1, -1)) {
    const { id, request } = readPart(part, incoming)
    answers.push(writePart(id, await reply(request)))
  }
  return { type: `multipart/mixed; boundary=${BOUNDARY}`, text: `${answers.join('')}--${BOUNDARY}--\r\n` }
}

function readPart(part: string, batch: Incoming): { readonly id: string; readonly request: Incoming } {
  const [outer = '', inner = '', ...rest] = part.replaceAll('\r\n', '\n').trimStart().split('\n\n')
  const id = /^content-id:\s*<?([^>\n]+)>?/im.exec(outer)?.[1] ?? ''
  const [line = ''] = inner.split('\n')
  const [method = 'GET', target = '/'] = line.split(' ')
  const url = target.startsWith('http') ? target.replace(/^https?:\/\/[^/]+/, '') : target
  return { id, request: { method, url, header: batch.header, body: rest.join('\n\n').trim() } }
}

function writePart(id: string, answer: Reply): string {
  const { status, body } = typeof answer === 'string' ? { status: 503, body: {} } : answer
  const text = JSON.stringify(body)
  const inner = `HTTP/1.1 ${status} ${status === 200 ? 'OK' : 'Error'}\r\nContent-Type: application/json; charset=UTF-8\r\nContent-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}\r\n`
  return `--${BOUNDARY}\r\nContent-Type: application/http\r\nContent-ID: <response-${id}>\r\n\r\n${inner}`
}
