// Client B: one page of the same origin that sends no credentials, polls a job and the list of jobs, and opens the film in a window.

import { bind, byId, Cards, clone, field, on, part, show, text } from "../shared/dom.js";

const API = "/api/v1";
const STATUS_MS = 2000;
const JOBS_MS = 3000;
let reference = null;
let jobId = null;

async function call(method, path, body) {
  const isForm = body instanceof FormData;
  const headers = body === undefined || isForm ? {} : { "Content-Type": "application/json" };
  const reply = await fetch(API + path, { method, headers, body: isForm || body === undefined ? body : JSON.stringify(body) });
  const told = await reply.json();
  if (!reply.ok) throw new Error(told.detail);
  return told;
}

async function act(work) {
  try {
    await work();
  } catch (fault) {
    text(byId("message"), fault.message);
  }
}

const jobs = new Cards(byId("jobs"), (job) => {
  const card = clone("job");
  part(card, "remove").addEventListener("click", () => act(() => call("DELETE", `/video/jobs/${job.id}`).then(showJobs)));
  return card;
});

async function showJobs() {
  const found = await call("GET", "/video/jobs");
  const items = found.jobs.map((job) => ({ ...job, id: job.job_id }));
  jobs.render(items, (card, job) => {
    card.dataset.job = job.id;
    text(part(card, "id"), job.id);
    text(part(card, "status"), job.status);
  });
}

// The poll ends on completed and on failed, and on nothing else.
async function follow() {
  const told = await call("GET", `/video/status/${jobId}`);
  text(byId("status"), told.status);
  byId("progress").value = told.progress;
  if (told.status === "failed") text(byId("message"), told.error_message);
  if (told.status === "completed") {
    show(byId("result"), true);
    bind(byId("film"), "src", `${API}/video/download/${jobId}`);
  }
  if (!["completed", "failed"].includes(told.status)) setTimeout(() => act(follow), STATUS_MS);
}

byId("reference").addEventListener("change", () =>
  act(async () => {
    const form = new FormData();
    form.append("file", byId("reference").files[0]);
    reference = (await call("POST", "/video/upload-reference", form)).image_base64;
    bind(byId("reference-shown"), "src", `data:image/jpeg;base64,${reference}`);
  }),
);

on("wish", "submit", (sent) =>
  act(async () => {
    const form = sent.target;
    const numbers = ["duration", "fps", "temperature"];
    const words = ["prompt", "style", "aspectRatio", "resolution", "motionIntensity", "cameraMovement", "negativePrompt"];
    const wish = Object.fromEntries([
      ...words.map((name) => [name, field(form, name)]),
      ...numbers.map((name) => [name, Number(field(form, name))]),
    ]);
    const told = await call("POST", "/video/generate", { ...wish, reference_image: reference });
    jobId = told.job_id;
    text(byId("message"), told.message);
    await follow();
  }),
);
on("open-film", "click", () => window.open(`${API}/video/download/${jobId}`, "_blank"));

on("picture-wish", "submit", (sent) =>
  act(async () => {
    const wish = { prompt: field(sent.target, "prompt"), style: "realistic", aspect_ratio: "16:9", quality: "standard" };
    alert(`Picture: ${(await call("POST", "/image/generate", wish)).job_id}`);
  }),
);
on("show-pictures", "click", () =>
  act(async () => {
    const found = await call("GET", "/image/?skip=0&limit=20");
    const shown = found.map((picture) => {
      const image = document.createElement("img");
      bind(image, "src", picture.thumbnail_url || picture.image_url || "/api/placeholder/400/300");
      bind(image, "alt", picture.prompt);
      return image;
    });
    byId("pictures").replaceChildren(...shown);
  }),
);
on("music-wish", "submit", (sent) =>
  act(async () => {
    const wish = { prompt: field(sent.target, "prompt"), style: "jazz", mood: field(sent.target, "mood"), duration: 5, tempo: "90" };
    alert(`Music: ${(await call("POST", "/music/generate", { ...wish, musical_key: "C", vocal_style: "none" })).job_id}`);
  }),
);
on("show-music", "click", () =>
  act(async () => {
    const found = await call("GET", "/music/?skip=0&limit=20");
    const shown = found.map((piece) => {
      const entry = document.createElement("li");
      text(entry, `${piece.prompt}, ${piece.style}, ${piece.duration} s`);
      return entry;
    });
    byId("music").replaceChildren(...shown);
  }),
);

async function showSettings() {
  const kept = await call("GET", "/settings");
  for (const name of ["default_style", "default_duration", "theme"]) {
    byId("settings").elements.namedItem(name).value = kept[name];
  }
}
on("settings", "submit", (sent) =>
  act(async () => {
    const form = sent.target;
    await call("POST", "/settings", {
      default_style: field(form, "default_style"),
      default_duration: Number(field(form, "default_duration")),
      theme: field(form, "theme"),
    });
    await showSettings();
    text(byId("message"), "Settings saved.");
  }),
);

act(async () => {
  text(byId("health"), (await call("GET", "/video/health")).status);
  text(byId("personas"), (await call("GET", "/chat/personas")).length);
  await showSettings();
  await showJobs();
  setInterval(() => act(showJobs), JOBS_MS);
});
