import { icon } from '../../reports/html/icons.ts'
import { type Markup, markup } from '../../reports/html/markup.ts'
import { bareLayout } from './layout.ts'

/** `problem` says what was wrong with the last try. */
export function loginPage(back: string, problem: string | null): string {
  return bareLayout(
    'Log in',
    markup`<p class="home">${icon('phoenix')}Firedrill</p><h1>Log in</h1>
${problem === null ? null : markup`<p class="notice" role="alert">${icon('warn')}<span>${problem}</span></p>`}
<form class="login panel" method="post" action="/login"><input type="hidden" name="back" value="${back}"/>
<label for="token">Token</label><input id="token" name="token" type="password" required="required" autocomplete="current-password" autofocus="autofocus"/><button class="primary">Log in</button></form>
<p class="small soft">Tokens stand under <code>web.tokens</code> in firedrill.yaml. They are compared here and stored nowhere.</p>`,
  )
}

export function plainPage(title: string, text: Markup | string): string {
  return bareLayout(
    title,
    markup`<p><a class="home" href="/">${icon('phoenix')}Firedrill</a></p><h1>${title}</h1><p>${text}</p><p><a href="/">To the fleet</a></p>`,
  )
}
