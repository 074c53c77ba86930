// The page works without this. It opens what a link leads to where the browser does not, and opens all for a search or for paper.
const reveal = () => {
  const target = document.getElementById(location.hash.slice(1));
  const folded = target?.closest("details");
  if (folded && !folded.open) {
    folded.open = true;
    target.scrollIntoView();
  }
};
addEventListener("hashchange", reveal);
reveal();

const proof = document.querySelector("#proof > p");
if (proof) {
  const all = document.querySelectorAll("#proof details");
  const button = document.createElement("button");
  button.type = "button";
  const name = () => (button.textContent = [...all].every(one => one.open) ? "Close all" : "Open all");
  button.addEventListener("click", () => {
    const open = button.textContent === "Open all";
    all.forEach(one => (one.open = open));
    name();
  });
  document.getElementById("proof").addEventListener("toggle", name, true);
  name();
  proof.after(button);
}
