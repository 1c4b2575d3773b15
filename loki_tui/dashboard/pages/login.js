"use strict";
// The token comes behind "#": browsers send that to nobody. It leaves the address bar before anything else is done.
const field = document.getElementById("token");
const said = document.getElementById("said");

async function signIn(token) {
  const answer = await fetch("/login", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ token }),
  });
  if (answer.ok) {
    location.replace("/");
    return;
  }
  const told = await answer.json().catch(() => ({ error: "The dashboard did not answer." }));
  said.textContent = told.hint ? `${told.error} ${told.hint}` : told.error;
}

document.getElementById("login").addEventListener("submit", (event) => {
  event.preventDefault();
  signIn(field.value.trim());
});

function takeGiven() {
  const given = decodeURIComponent(location.hash.slice(1));
  if (given) {
    history.replaceState(null, "", location.pathname);
    signIn(given);
  }
}

// Somebody who is on this page already and opens the address changes what is behind "#" alone.
window.addEventListener("hashchange", takeGiven);
takeGiven();
