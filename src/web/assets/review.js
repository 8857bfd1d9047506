// Review pages: takes the code out of the address, shows the hold, keeps the time. Everything also works without.
const main = () => document.querySelector('main');

/** Posts a form and shows the answer in place, so that a reload asks again instead of deciding again. */
async function post(form, submitter) {
  const body = new URLSearchParams(new FormData(form, submitter));
  const response = await fetch(form.action, { method: 'POST', body, credentials: 'same-origin', redirect: 'error' });
  const next = new DOMParser().parseFromString(await response.text(), 'text/html');
  const fresh = next.querySelector('main');
  if (fresh === null) throw new Error('no page');
  main().replaceWith(document.importNode(fresh, true));
  document.title = next.title;
  scrollTo(0, 0);
  main().focus({ preventScroll: true });
  enhance();
}

function failed(form) {
  let line = form.querySelector('[data-failed]');
  if (line === null) {
    line = document.createElement('p');
    line.className = 'problem';
    line.dataset.failed = '';
    line.setAttribute('role', 'alert');
    form.append(line);
  }
  line.textContent = 'No answer from Sallyport. Nothing was decided as far as we know; try again.';
}

function send(form, submitter) {
  const buttons = [...form.querySelectorAll('button')];
  // After FormData has been read, so that the pressed button is part of it.
  queueMicrotask(() => {
    for (const button of buttons) button.disabled = true;
  });
  return post(form, submitter).catch(() => {
    for (const button of buttons) button.disabled = false;
    failed(form);
  });
}

const words = (ms) => {
  const s = Math.max(0, Math.ceil(ms / 1000));
  if (s < 60) return `${s} s`;
  const minutes = Math.floor(s / 60);
  if (minutes < 60) return `${minutes} min ${String(s % 60).padStart(2, '0')} s`;
  return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, '0')} min`;
};

/** Each bar counts from when it came, by this browser's steady clock: the bastion's clock decided how much was left. */
const ends = new WeakMap();
function keepTime() {
  for (const box of document.querySelectorAll('.left')) {
    if (!ends.has(box)) ends.set(box, performance.now() + Number(box.dataset.left));
    const left = Math.max(0, ends.get(box) - performance.now());
    box.querySelector('progress').value = left;
    box.classList.toggle('urgent', left < Math.min(60_000, Number(box.dataset.total) / 5));
    const text = box.querySelector('[data-left-text]');
    if (text === null) continue;
    text.textContent = words(left);
    if (left > 0) continue;
    box.querySelector('p').textContent = 'Time is up. It will not run.';
    if (box.closest('.hold') === null) continue;
    for (const button of document.querySelectorAll('[data-decide] button')) button.disabled = true;
  }
}

function localTimes() {
  for (const time of document.querySelectorAll('time[data-local]')) {
    const at = new Date(time.dateTime);
    time.title = time.dateTime;
    const isToday = at.toDateString() === new Date().toDateString();
    time.textContent = isToday ? at.toLocaleTimeString() : at.toLocaleString();
  }
}

function fresh() {
  keepTime();
  localTimes();
}

/** A passkey of this reviewer's stands in for the challenge; passkey.js does the ceremony. */
function offerPasskey(box) {
  if (box === null || !canPasskey()) return;
  box.hidden = false;
  const form = box.closest('form');
  box.querySelector('button').addEventListener('click', async () => {
    try {
      const options = await optionsFrom('/review/passkey', { code: form.elements.code.value });
      const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(options);
      const credential = await navigator.credentials.get({ publicKey });
      form.elements.passkey.value = JSON.stringify(credential.toJSON());
    } catch {
      box.querySelector('[data-passkey-state]').textContent =
        'That did not work. Nothing was approved; try again or type the answer.';
      return;
    }
    form.requestSubmit(form.querySelector('button[value="approve"]'));
  });
}

function enhance() {
  fresh();
  offerPasskey(document.querySelector('[data-approve-passkey]'));
  for (const form of document.querySelectorAll('[data-decide], [data-code-form]')) {
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      send(form, event.submitter);
    });
  }
}

/** One key goes to the button; Enter presses it. A stray key must not decide. */
document.addEventListener('keydown', (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest('input, textarea, select') !== null)
    return;
  const value = { a: 'approve', r: 'reject' }[event.key];
  const button = value && document.querySelector(`[data-decide] button[value="${value}"]`);
  if (!button) return;
  event.preventDefault();
  const answer = value === 'approve' ? document.querySelector('[data-decide] input[name="answer"]') : null;
  (answer !== null && answer.value === '' ? answer : button).focus();
});

/** The code stays in the address, which never leaves this browser, so that a reload shows the hold again. */
function openLink() {
  const form = document.querySelector('[data-code-form]');
  const code = location.hash.slice(1);
  if (form === null || code === '') return;
  document.querySelector('[data-code-heading]').textContent = 'Opening the request…';
  form.elements.code.value = code;
  send(form, null);
}

setInterval(keepTime, 1000);
addEventListener('sallyport:fresh', fresh);
// Another link of a mail, opened in the same tab.
addEventListener('hashchange', () => {
  if (location.pathname === '/review') location.reload();
});
enhance();
openLink();
