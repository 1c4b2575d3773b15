"use strict";
document.getElementById("again").addEventListener("click", () => location.reload());
