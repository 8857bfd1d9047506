// Plays a recording in place; idle time is cut, markers are the decisions.
const place = document.querySelector('#player');
const isDark = matchMedia('(prefers-color-scheme: dark)').matches;
if (place !== null)
  AsciinemaPlayer.create(place.dataset.cast, place, {
    fit: 'width',
    idleTimeLimit: 2,
    preload: true,
    poster: 'npt:99:59:59',
    theme: isDark ? 'asciinema' : 'solarized-light',
    terminalFontFamily: 'ui-monospace, Menlo, Consolas, "DejaVu Sans Mono", monospace',
  });
