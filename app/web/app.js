// The front page: asks this server who does what and how it is, and offers the commands for copying.

const all = (selector) => [...document.querySelectorAll(selector)];
const one = (selector) => document.querySelector(selector);

async function ask(path) {
  const answer = await fetch(path, { headers: { accept: "application/json" } });
  return { ok: answer.ok, body: await answer.json() };
}

function element(kind, className, text) {
  const made = document.createElement(kind);
  made.className = className;
  made.textContent = text;
  return made;
}

function engineItem({ work, name, online, ready, why }) {
  const item = document.createElement("li");
  const who = element("span", "who", name);
  const [look, words] = !ready ? ["missing", "not ready"] : online ? ["online", "online"] : ["offline", "offline"];
  who.append(element("span", `badge ${look}`, words));
  item.append(element("span", "work", work), who, element("span", "why", why));
  return item;
}

async function showEngines() {
  const list = one("[data-engines]");
  try {
    const { body } = await ask("/engines");
    all("[data-name]").forEach((place) => { place.textContent = body.name; });
    all("[data-documents]").forEach((link) => { link.hidden = !body.documents; });
    document.title = body.name;
    list.replaceChildren(...body.engines.map(engineItem));
  } catch {
    list.replaceChildren(element("li", "waiting", "The server does not say. Reload this page in a moment."));
  }
}

async function showHealth() {
  const dot = one("[data-dot]");
  const said = one("[data-health]");
  try {
    const { ok, body } = await ask("/readyz");
    dot.classList.add(ok ? "ok" : "bad");
    const failed = Object.entries(body.checks ?? {}).filter(([, check]) => check.status !== "ok").map(([name]) => name);
    said.textContent = ok ? "Ready" : `Not ready${failed.length ? `: ${failed.join(", ")}` : ""}`;
  } catch {
    dot.classList.add("bad");
    said.textContent = "No answer";
  }
}

async function showVersion() {
  try {
    const { body } = await ask("/version");
    one("[data-version]").textContent = `version ${body.version}`;
  } catch {
    one("[data-version]").textContent = "";
  }
}

function offerCopies() {
  all("[data-origin]").forEach((place) => { place.textContent = location.origin; });
  if (!navigator.clipboard) return;
  all(".code").forEach((block) => {
    const button = element("button", "", "Copy");
    button.type = "button";
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(block.querySelector("code").textContent);
      button.textContent = "Copied";
      setTimeout(() => { button.textContent = "Copy"; }, 2000);
    });
    block.append(button);
  });
}

offerCopies();
await Promise.all([showEngines(), showHealth(), showVersion()]);
