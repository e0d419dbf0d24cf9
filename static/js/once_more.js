// Sends the provider's answer on from our own site, so that the session's cookie comes with it. Without scripts: a button.
document.getElementById("once-more")?.submit();
