// The link in a sign-in mail carries the code in its fragment; it works only in the browser that asked.
const code = location.hash.slice(1);
const form = document.querySelector('[data-sign-in-code]');
if (code !== '' && form !== null) {
  history.replaceState(null, '', location.pathname);
  form.hidden = false;
  form.elements.code.value = code;
  form.requestSubmit();
}
