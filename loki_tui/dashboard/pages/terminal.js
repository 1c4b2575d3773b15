"use strict";

document.getElementById("again").addEventListener("click", () => location.reload());

document.getElementById("leave").addEventListener("click", async () => {
  const session = await (await fetch("/api/session")).json();
  await fetch("/logout", { method: "POST", headers: { "X-CSRF-Token": session.csrf ?? "" } });
  location.assign("/login");
});
