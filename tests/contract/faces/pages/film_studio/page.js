// Client D: a title and a script become a film; the job is asked every three seconds until it has ended.

import { bind, byId, field, on, show, text } from "../shared/dom.js";

const { API_URL, POLL_MS = 3000 } = window.ENV;
const TOKEN = "token";
const ENDED = ["completed", "failed", "cancelled"];
let jobId = null;

async function call(method, path, body) {
  const token = localStorage.getItem(TOKEN);
  const headers = token ? { Authorization: `Bearer ${token}` } : {};
  if (body !== undefined) headers["Content-Type"] = "application/json";
  const reply = await fetch(API_URL + path, { method, headers, body: body === undefined ? body : JSON.stringify(body) });
  const told = reply.status === 204 ? null : await reply.json();
  if (!reply.ok) throw new Error(told.detail);
  return told;
}

async function act(work) {
  try {
    text(byId("message"), "");
    await work();
  } catch (fault) {
    text(byId("message"), fault.message);
  }
}

async function signIn(email, password) {
  const query = new URLSearchParams({ email, password });
  const reply = await fetch(`${API_URL}/auth/login?${query}`, { method: "POST", body: new URLSearchParams() });
  const told = await reply.json();
  if (!reply.ok) throw new Error(told.detail);
  localStorage.setItem(TOKEN, told.access_token);
}

async function showProjects() {
  const found = await call("GET", "/projects?skip=0&limit=20");
  const entries = found.map((project) => {
    const entry = document.createElement("li");
    text(entry, project.title);
    return entry;
  });
  byId("projects").replaceChildren(...entries);
}

function showJob(job) {
  text(byId("status"), job.status);
  byId("progress").value = job.progress;
  text(byId("message"), job.error_message);
  show(byId("finished"), Boolean(job.output_video_url));
  bind(byId("thumbnail"), "src", job.thumbnail_url);
  bind(byId("film"), "src", job.output_video_url);
}

async function follow() {
  const job = await call("GET", `/jobs/${jobId}`);
  showJob(job);
  if (!ENDED.includes(job.status)) setTimeout(() => act(follow), POLL_MS);
}

// The preview asks once, when the job begins, and is content with what it is told.
async function preview() {
  try {
    await call("GET", `/jobs/${jobId}/download-url`);
    text(byId("preview"), "ready");
  } catch (fault) {
    text(byId("preview"), fault.message);
  }
}

on("signing-in", "submit", (sent) =>
  act(async () => {
    const form = sent.target;
    const [email, password] = [field(form, "email"), field(form, "password")];
    await call("POST", "/auth/register", { email, password, full_name: field(form, "full_name") });
    await signIn(email, password);
    text(byId("person"), (await call("GET", "/auth/me")).email);
    show(byId("signing-in"), false);
    show(byId("studio"), true);
    await showProjects();
  }),
);
on("script", "submit", (sent) =>
  act(async () => {
    const form = sent.target;
    for (const id of ["preview", "status"]) text(byId(id), "");
    const project = await call("POST", "/projects", { title: field(form, "title"), script: field(form, "script") });
    await showProjects();
    const config = {
      music_prompt: field(form, "music_prompt"),
      video_duration: Number(field(form, "video_duration")),
      audio_volume: 0.5,
      title: field(form, "title"),
    };
    jobId = (await call("POST", "/jobs", { project_id: project.id, config })).id;
    await preview();
    await follow();
  }),
);
on("cancel", "click", () => act(async () => showJob(await call("POST", `/jobs/${jobId}/cancel`))));
on("download", "click", () =>
  act(async () => {
    const told = await call("GET", `/jobs/${jobId}/download-url`);
    window.open(told.download_url, "_blank");
  }),
);
