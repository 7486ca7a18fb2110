"use strict";

if (window.location.search === "?wrong") {
  document.getElementById("wrong").hidden = false;
}
