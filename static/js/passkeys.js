// A form that a passkey answers: the browser is asked first, and what it says is sent with the form.
document.addEventListener("submit", async (event) => {
  const form = event.target.closest("form[data-passkey]");
  if (!form) return;
  event.preventDefault();
  const told = form.querySelector("[data-passkey-error]");
  told.hidden = true;
  try {
    const credential = form.dataset.passkey === "create" ? await created(form) : await webauthnJSON.get(await asked(form));
    form.elements.credential.value = JSON.stringify(credential);
    form.submit();
  } catch (error) {
    told.querySelector("span").textContent = words(error);
    told.hidden = false;
  }
});

async function created(form) {
  const options = structuredClone(written(form).creation_options);
  const alone = form.elements.passwordless && form.elements.passwordless.checked;
  const wanted = options.publicKey.authenticatorSelection;
  wanted.residentKey = alone ? "required" : "discouraged";
  wanted.requireResidentKey = Boolean(alone);
  if (alone) wanted.userVerification = "required";
  return webauthnJSON.create(options);
}

// Signing in without a name: nobody is known yet, so the challenge is fetched when it is needed.
async function asked(form) {
  if (form.dataset.options) return written(form).request_options;
  const response = await fetch(form.action, { headers: { Accept: "application/json" } });
  if (!response.ok) throw new Error("no challenge");
  return (await response.json()).request_options;
}

function written(form) {
  return JSON.parse(document.getElementById(form.dataset.options).textContent);
}

function words(error) {
  if (!window.PublicKeyCredential) return "This browser has no passkeys here. They need HTTPS.";
  if (error.name === "InvalidStateError") return "This passkey is added already.";
  if (error.name === "NotAllowedError") return "The browser gave no passkey. Try again, or use another way.";
  return "That did not work. Try again, or use another way.";
}
