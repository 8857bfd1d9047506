// Passkeys: asks for a challenge, lets the browser answer it, and sends the answer with the form that wanted it.
const canPasskey = () =>
  typeof PublicKeyCredential === 'function' && typeof PublicKeyCredential.parseRequestOptionsFromJSON === 'function';

async function optionsFrom(address, fields) {
  const body = new URLSearchParams(fields);
  const response = await fetch(address, { method: 'POST', body, credentials: 'same-origin', redirect: 'error' });
  if (!response.ok) throw new Error('no challenge');
  return response.json();
}

/** Fills `answer` of the form and sends it. */
async function answerWith(form) {
  const kind = form.dataset.passkey;
  const options = await optionsFrom(form.dataset.options, new FormData(form));
  const credential =
    kind === 'add'
      ? await navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options) })
      : await navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options) });
  form.elements.answer.value = JSON.stringify(credential.toJSON());
  form.submit();
}

for (const form of document.querySelectorAll('form[data-passkey]')) {
  if (!canPasskey()) continue;
  form.hidden = false;
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    const line = form.querySelector('[data-passkey-state]');
    line.textContent = '';
    answerWith(form).catch(() => {
      line.textContent = 'That did not work. Nothing was changed; try again or use another way.';
    });
  });
}
