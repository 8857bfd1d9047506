// The console: keeps lists live, moves by keyboard, tells of new holds if asked to.
const here = () => document.querySelector('[data-live]');

/** On a phone the places do not fit side by side: the one we are at is brought into sight. */
function showPlace() {
  const place = document.querySelector('.places [aria-current]');
  if (place === null) return;
  const list = place.parentElement;
  list.scrollLeft = place.offsetLeft - list.offsetLeft - (list.clientWidth - place.offsetWidth) / 2;
}
showPlace();

async function refresh() {
  const old = here();
  if (old === null || document.hidden) return;
  const response = await fetch(location.href, { credentials: 'same-origin', redirect: 'manual' });
  if (!response.ok) return;
  const next = new DOMParser().parseFromString(await response.text(), 'text/html');
  const fresh = next.querySelector('[data-live]');
  const nav = next.querySelector('.places');
  if (fresh === null) return;
  const picked = new Set([...old.querySelectorAll('input:checked')].map((box) => box.value));
  const focused = document.activeElement?.closest('[data-item]')?.querySelector('[data-open]')?.getAttribute('href');
  for (const box of fresh.querySelectorAll('input[type=checkbox]')) box.checked = picked.has(box.value);
  old.replaceWith(document.importNode(fresh, true));
  if (nav !== null) document.querySelector('.places')?.replaceWith(document.importNode(nav, true));
  showPlace();
  if (focused) document.querySelector(`[data-open][href="${CSS.escape(focused)}"]`)?.focus();
  dispatchEvent(new Event('sallyport:fresh'));
}

const option = (name) => document.querySelector(`[data-${name}]`);
const stored = (name) => {
  try {
    return localStorage.getItem(`sallyport-${name}`) === 'yes';
  } catch {
    return false;
  }
};

function beep() {
  const audio = new AudioContext();
  const tone = audio.createOscillator();
  const volume = audio.createGain();
  volume.gain.setValueAtTime(0.08, audio.currentTime);
  volume.gain.exponentialRampToValueAtTime(0.0001, audio.currentTime + 0.4);
  tone.frequency.value = 660;
  tone.connect(volume).connect(audio.destination);
  tone.start();
  tone.stop(audio.currentTime + 0.4);
  tone.onended = () => audio.close();
}

function tell({ isNew, agent, state }) {
  if (!isNew || state !== 'pending') return;
  if (stored('sound')) beep();
  // The command stays on the page: a notification is shown on locked screens too.
  if (stored('notify') && Notification.permission === 'granted') {
    new Notification('Sallyport: a command waits', { body: `${agent} asks for a decision.`, tag: 'sallyport' });
  }
}

for (const name of ['notify', 'sound']) {
  const box = option(name);
  if (box === null) continue;
  box.checked = stored(name);
  box.addEventListener('change', async () => {
    if (name === 'notify' && box.checked && (await Notification.requestPermission()) !== 'granted') box.checked = false;
    try {
      localStorage.setItem(`sallyport-${name}`, box.checked ? 'yes' : 'no');
    } catch {
      // Private windows keep nothing; the box then counts for this page only.
    }
  });
}

if (here() !== null || document.querySelector('.places') !== null) {
  const events = new EventSource('/events');
  const say = (text) => {
    const line = document.querySelector('[data-live-state]');
    if (line !== null) line.textContent = text;
  };
  events.addEventListener('open', () => {
    say('live');
    // What happened while the line was down.
    refresh();
  });
  events.addEventListener('error', () => say('reconnecting…'));
  events.addEventListener('hold', (event) => {
    tell(JSON.parse(event.data));
    refresh();
  });
  addEventListener('pagehide', () => events.close());
  document.addEventListener('visibilitychange', () => refresh());
}

document.addEventListener('keydown', (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest('input, textarea, select') !== null)
    return;
  const step = { j: 1, k: -1 }[event.key];
  const links = [...document.querySelectorAll('[data-open]')];
  if (step === undefined || links.length === 0) return;
  event.preventDefault();
  const at = links.indexOf(document.activeElement);
  links[Math.max(0, Math.min(links.length - 1, at < 0 ? 0 : at + step))].focus();
});
