// Client A: a creator that caches what it reads, keeps its token in local storage and polls each card that is being made.

import { bind, byId, Cards, clone, field, on, part, show, text } from "../shared/dom.js";

const { API_URL, POLL_MS = 5000 } = window.ENV;
const TOKEN = "token";
const FRESH_MS = 300_000;
const cache = new Map();
const polls = new Map();
let projectId = null;

class Refused extends Error {
  constructor(status, detail) {
    super(detail);
    this.status = status;
  }
}

async function call(method, path, body) {
  const headers = {};
  const token = localStorage.getItem(TOKEN);
  if (token) headers.Authorization = `Bearer ${token}`;
  let payload = body;
  if (body !== undefined && !(body instanceof FormData) && !(body instanceof URLSearchParams)) {
    headers["Content-Type"] = "application/json";
    payload = JSON.stringify(body);
  }
  const reply = await fetch(API_URL + path, { method, headers, body: payload });
  const told = reply.status === 204 ? null : await reply.json();
  if (reply.status === 401 && token) {
    localStorage.removeItem(TOKEN);
    location.reload();
  }
  if (!reply.ok) throw new Refused(reply.status, told.detail);
  return told;
}

// What was read is fresh for five minutes and is asked for once more when it fails.
async function read(path) {
  const known = cache.get(path);
  if (known && Date.now() - known.at < FRESH_MS) return known.told;
  const told = await call("GET", path).catch(() => call("GET", path));
  cache.set(path, { at: Date.now(), told });
  return told;
}

const projectPath = () => `/projects/${projectId}`;
const segmentsPath = () => `/segments/project/${projectId}`;

async function refresh() {
  cache.delete(projectPath());
  cache.delete(segmentsPath());
  await Promise.all([showProject(), showSegments()]);
}

async function act(work) {
  try {
    text(byId("message"), "");
    await work();
  } catch (fault) {
    text(byId("message"), fault.message);
  }
}

async function signIn(username, password) {
  const told = await call("POST", "/auth/token", new URLSearchParams({ username, password }));
  localStorage.setItem(TOKEN, told.accessToken);
}

async function start() {
  if (!localStorage.getItem(TOKEN)) {
    show(byId("signing-in"), true);
    return;
  }
  const me = await call("GET", "/auth/me");
  await call("GET", "/auth/me");
  text(byId("person"), `${me.name} (${me.username})`);
  show(byId("signing-in"), false);
  const wanted = location.hash.replace("#/projects/", "");
  if (wanted && wanted !== location.hash) await openProject(wanted);
  else await showDashboard();
}

async function showDashboard() {
  const found = await read("/projects/?skip=0&limit=5");
  const entries = found.projects.map((project) => {
    const entry = document.createElement("li");
    text(entry, `${project.name}: ${project.status}`);
    entry.addEventListener("click", () => openProject(project.id));
    return entry;
  });
  byId("projects").replaceChildren(...entries);
  show(byId("dashboard"), true);
}

async function openProject(id) {
  projectId = id;
  location.hash = `#/projects/${id}`;
  show(byId("dashboard"), false);
  show(byId("project"), true);
  await Promise.all([showProject(), showSegments(), showVoices()]);
}

async function showProject() {
  const project = await read(projectPath());
  text(byId("name"), project.name);
  text(byId("status"), project.status);
  text(byId("project-error"), project.errorMessage);
  show(byId("uploads"), ["created", "media_uploaded"].includes(project.status));
  bind(byId("first-frame-shown"), "src", project.firstFrameUrl);
  bind(byId("voice-sample-shown"), "src", project.audioSampleUrl);
  show(byId("finished"), project.status === "completed");
  bind(byId("film"), "src", project.finalVideoUrl);
  bind(byId("download"), "href", project.finalVideoUrl);
}

async function showVoices() {
  const found = await read("/voices/");
  const options = found.voices.map((voice) => new Option(voice.name, voice.voiceId));
  byId("voices").replaceChildren(...options);
}

const cards = new Cards(byId("cards"), (segment) => {
  const card = clone("card");
  const path = `/segments/${segment.id}`;
  const click = (name, work) => part(card, name).addEventListener("click", () => act(work));
  const change = (name, work) => click(name, () => work().then(refresh));
  change("save", () =>
    call("PUT", path, {
      videoPrompt: part(card, "video-prompt").value,
      narrationText: part(card, "narration").value,
    }),
  );
  change("approve", () => call("POST", `${path}/approve`));
  change("generate", () => call("POST", `/generation/segment/${segment.id}`));
  change("approve-video", () => call("POST", `${path}/approve-video`));
  change("regenerate", () => call("POST", `${path}/regenerate`));
  return card;
});

function fillOnce(area, value) {
  if (area.dataset.stored === value) return;
  area.dataset.stored = value;
  area.value = value;
}

async function showSegments() {
  const segments = await read(segmentsPath());
  cards.render(segments, (card, segment, index) => {
    const before = segments[index - 1];
    const mayGenerate = segment.status === "approved" && segment.firstFrameUrl && (!before || before.videoUrl);
    card.dataset.status = segment.status;
    text(part(card, "index"), index + 1);
    text(part(card, "status"), segment.status);
    text(part(card, "error"), segment.errorMessage);
    fillOnce(part(card, "video-prompt"), segment.videoPrompt);
    fillOnce(part(card, "narration"), segment.narrationText);
    show(part(card, "save"), ["prompt_ready", "approved"].includes(segment.status));
    show(part(card, "approve"), segment.status === "prompt_ready");
    show(part(card, "generate"), Boolean(mayGenerate));
    show(part(card, "approve-video"), segment.status === "generated");
    show(part(card, "regenerate"), segment.status === "generated");
    for (const [name, link] of [
      ["first-frame", segment.firstFrameUrl],
      ["last-frame", segment.lastFrameUrl],
      ["video", segment.videoUrl],
      ["audio", segment.audioUrl],
    ]) {
      bind(part(card, name), "src", link);
      show(part(card, name), Boolean(link));
    }
    follow(segment);
  });
  show(byId("finalize"), segments.length > 0 && segments.every((each) => each.status === "segment_approved"));
}

// While a card is being made it asks every few seconds, and the list is read again after each answer.
function follow(segment) {
  const isMade = segment.status !== "generating";
  if (isMade && polls.has(segment.id)) {
    clearInterval(polls.get(segment.id));
    polls.delete(segment.id);
    refresh();
  } else if (!isMade && !polls.has(segment.id)) {
    const look = async () => {
      await call("POST", `/segments/${segment.id}/check-complete`);
      cache.delete(segmentsPath());
      await showSegments();
    };
    polls.set(segment.id, setInterval(() => act(look), POLL_MS));
  }
}

function upload(id, path) {
  byId(id).addEventListener("change", () =>
    act(async () => {
      const form = new FormData();
      form.append("file", byId(id).files[0]);
      await call("POST", `${path}?project_id=${projectId}`, form);
      await refresh();
    }),
  );
}

on("register", "submit", (sent) =>
  act(async () => {
    const form = sent.target;
    const [username, password] = [field(form, "username"), field(form, "password")];
    await call("POST", "/auth/register", { username, email: field(form, "email"), password, name: field(form, "name") });
    await signIn(username, password);
    await start();
  }),
);
on("new-project", "submit", (sent) =>
  act(async () => {
    const form = sent.target;
    const project = await call("POST", "/projects/", {
      name: field(form, "name"),
      storyPrompt: field(form, "story"),
      targetDurationSec: Number(field(form, "target")),
      segmentDurationSec: Number(field(form, "segment")),
    });
    cache.delete("/projects/?skip=0&limit=5");
    await openProject(project.id);
  }),
);
upload("first-frame", "/media/upload/first-frame");
upload("voice-sample", "/media/upload/audio");
on("clone-voice", "click", () =>
  act(async () => {
    const told = await call("POST", `/generation/voice-clone?project_id=${projectId}`, null);
    cache.delete("/voices/");
    await Promise.all([refresh(), showVoices()]);
    byId("voices").value = told.voice_id;
  }),
);
on("assign-voice", "click", () =>
  act(async () => {
    await call("POST", "/voices/assign", { projectId, voiceId: byId("voices").value });
    await refresh();
  }),
);
on("plan", "click", () =>
  act(async () => {
    const project = await read(projectPath());
    await call("POST", "/generation/plan", { projectId, storyPrompt: project.storyPrompt });
    await refresh();
  }),
);
on("finalize", "click", () =>
  act(async () => {
    const project = await call("POST", `/projects/${projectId}/finalize`);
    cache.set(projectPath(), { at: Date.now(), told: project });
    await showProject();
  }),
);

act(start);
