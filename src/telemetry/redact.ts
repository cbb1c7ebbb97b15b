/** Keys whose values are never written, wherever they stand. */
export const SECRET_KEY = /pass(word|wd|phrase)?$|secret|token$|authorization|cookie|credential|private.?key|access.?key|session.?key/i

/** User and password inside any URL. */
const CREDENTIALS_IN_URL = /\b([a-z][a-z0-9+.-]*:\/\/)[^\s/"']+@/gi

/** Takes user and password out of every URL in a text. */
export function redactText(text: string): string {
  return text.replace(CREDENTIALS_IN_URL, '$1***@')
}
