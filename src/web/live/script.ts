/**
 * Follows the server's events and takes over the parts of the page that changed, so that every page is written in one place.
 * Without it a page is complete and merely does not move. What somebody is typing, has opened or points at with the keyboard stays.
 */
export const liveScript = `'use strict';
(() => {
  const follow = document.body.dataset.follow;
  if (follow === undefined || !('EventSource' in window)) return;
  let busy = false;
  let again = false;
  let last = 0;
  const busyTyping = part => {
    const field = document.activeElement;
    return field !== null && part.contains(field) && field.matches('input, textarea, select') && field.value !== field.defaultValue;
  };
  const keepOpen = (old, fresh) => {
    const open = [...old.querySelectorAll('details')].map(one => one.open);
    const next = fresh.querySelectorAll('details');
    if (next.length === open.length) next.forEach((one, index) => { one.open = open[index]; });
  };
  const focusPath = part => {
    const field = document.activeElement;
    if (field === null || !part.contains(field)) return null;
    return field.id ? '#' + CSS.escape(field.id) : field.getAttribute('href') ? 'a[href="' + CSS.escape(field.getAttribute('href')) + '"]' : null;
  };
  const refresh = async () => {
    if (busy || document.hidden) { again = true; return; }
    busy = true;
    again = false;
    try {
      const answer = await fetch(location.href, { headers: { 'x-firedrill-live': '1' }, credentials: 'same-origin' });
      if (!answer.ok || answer.redirected) return;
      const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
      for (const part of document.querySelectorAll('[data-live]')) {
        const fresh = page.querySelector('[data-live="' + part.dataset.live + '"]');
        if (fresh === null || fresh.innerHTML === part.innerHTML || busyTyping(part)) continue;
        keepOpen(part, fresh);
        const focus = focusPath(part);
        part.replaceChildren(...document.importNode(fresh, true).childNodes);
        if (focus !== null) { const field = part.querySelector(focus); if (field !== null) field.focus({ preventScroll: true }); }
      }
      document.body.dataset.refreshed = String(Number(document.body.dataset.refreshed || 0) + 1);
      note('Updates by itself.');
    } catch { note('The connection is lost; trying again.'); }
    finally { busy = false; last = Date.now(); if (again) later(); }
  };
  let waiting = false;
  const later = () => {
    if (waiting) return;
    waiting = true;
    setTimeout(() => { waiting = false; refresh(); }, Math.max(0, 1000 - (Date.now() - last)));
  };
  const note = text => { const place = document.querySelector('[data-live-state]'); if (place !== null) place.textContent = text; };
  const events = new EventSource('/live?follow=' + encodeURIComponent(follow));
  events.addEventListener('change', later);
  events.addEventListener('open', () => { document.body.dataset.connected = '1'; note('Updates by itself.'); });
  events.addEventListener('error', () => note('The connection is lost; trying again.'));
  document.addEventListener('visibilitychange', () => { if (!document.hidden && again) later(); });
})();
`
