// Runs in the browser: shows whether the server is well, anew every ten seconds while looked at.
const box = document.querySelector('#health')
const [state, reasons] = [box.querySelector('output'), box.querySelector('span')]

for (const place of document.querySelectorAll('.origin')) place.textContent = window.location.origin
void look()
setInterval(() => void (document.hidden || look()), 10_000)
document.addEventListener('visibilitychange', () => void (document.hidden || look()))

async function look() {
  try {
    const answer = await window.fetch(box.dataset.path, { cache: 'no-store' })
    const body = await answer.json()
    show(answer.ok ? 'ready' : 'not ready', (body.reasons ?? []).join(' '))
  } catch {
    show('no answer', 'The server cannot be reached.')
  }
}

// A text that stays as it is is not read out again.
function show(text, why) {
  box.dataset.state = text === 'ready' ? 'ready' : 'unwell'
  if (state.textContent !== text) state.textContent = text
  if (reasons.textContent !== why) reasons.textContent = why
}
