// One click fills in a sample account.
document.addEventListener("click", (event) => {
  const account = event.target.closest(".sample-account");
  if (!account) return;
  document.getElementById("id_login").value = account.dataset.email;
  document.getElementById("id_password").value = account.dataset.password;
  document.querySelector("#sign-in button[type=submit]").focus();
});
