// The link in a sign-in mail carries the code in its fragment; it works only in the browser that asked.
function useCode() {
  const code = location.hash.slice(1);
  const form = document.querySelector('[data-sign-in-code]');
  if (!/^\w{10}$/.test(code) || form === null) return;
  history.replaceState(null, '', location.pathname);
  form.hidden = false;
  form.elements.code.value = code;
  form.requestSubmit();
}

addEventListener('hashchange', useCode);
useCode();
