// What a browser says when no passkey was made or shown, in words.
document.addEventListener('allauth.error', (event) => {
  event.preventDefault()
  const place = document.querySelector('[data-passkey-says]')
  const left = event.detail.exception.name === 'NotAllowedError'
  place.textContent = left
    ? 'No passkey was used. Try again, or go on another way.'
    : 'This browser could not use a passkey here. Go on another way.'
  place.hidden = false
})
