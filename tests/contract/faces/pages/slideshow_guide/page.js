// Client E1: a list of cards and an editor; every call waits for its work, nothing is polled and nobody signs in.

import { bind, byId, Cards, clone, on, part, show, text } from "../shared/dom.js";

const { API_URL } = window.ENV;
const EMPTY = {
  title: "",
  description: "",
  language: "en",
  use_case: "storytelling",
  status: "draft",
  script_text: "",
  script_style: "educational",
  voice_id: "nova",
  audio_speed: 1.0,
  audio_pitch: 1.0,
  audio_url: null,
  image_style: "watercolor",
  images: [],
  resolution: "720p",
  fps: 24,
  video_template_id: "zoom_in",
  background_music: "none",
  video_url: null,
  thumbnail: null,
  video_inspirations: [],
};
let projects = [];
let project = null;

async function call(method, path, body) {
  const headers = { "Content-Type": "application/json" };
  const reply = await fetch(API_URL + path, { method, headers, body: body === undefined ? body : JSON.stringify(body) });
  if (!reply.ok) throw new Error(`${path}: ${(await reply.json()).detail}`);
  return reply.status === 204 ? null : reply.json();
}

async function act(work) {
  try {
    text(byId("message"), "");
    await work();
  } catch (fault) {
    text(byId("message"), fault.message);
  }
}

const pick = (from, ...names) => Object.fromEntries(names.map((name) => [name, from[name]]));

// A card is replaced by whatever its call answers.
const cards = new Cards(byId("cards"), ({ id }) => {
  const card = clone("card");
  const mine = () => projects.find((each) => each.id === id);
  const make = (name, path, body) =>
    part(card, name).addEventListener("click", () =>
      act(async () => {
        const made = await call("POST", `/projects/${id}/${path}`, body(mine()));
        projects = projects.map((each) => (each.id === id ? made : each));
        showList();
      }),
    );
  make("script", "generate-script", (shown) => ({ use_case: shown.use_case, style: shown.script_style }));
  make("audio", "generate-audio", (shown) => pick(shown, "script_text", "voice_id"));
  make("images", "generate-images", (shown) => ({ style: shown.image_style }));
  make("make", "generate-video", (shown) => pick(shown, "resolution", "fps"));
  part(card, "edit").addEventListener("click", () => act(() => edit(id)));
  part(card, "remove").addEventListener("click", () =>
    act(async () => {
      await call("DELETE", `/projects/${id}`);
      projects = projects.filter((each) => each.id !== id);
      showList();
    }),
  );
  return card;
});

function showList() {
  cards.render(projects, (card, shown) => {
    text(part(card, "title"), shown.title);
    text(part(card, "status"), shown.status);
    text(part(card, "duration"), shown.duration);
    text(part(card, "updated"), new Date(shown.updatedAt).toISOString());
    bind(part(card, "thumbnail"), "src", shown.thumbnail);
    show(part(card, "thumbnail"), Boolean(shown.thumbnail));
    bind(part(card, "video"), "src", shown.video_url);
  });
}

async function openList() {
  projects = await call("GET", "/projects");
  show(byId("editor"), false);
  show(byId("list"), true);
  showList();
}

async function edit(id) {
  project = id ? await call("GET", `/projects/${id}`) : { ...EMPTY };
  show(byId("list"), false);
  show(byId("editor"), true);
  fillForm();
}

function fillForm() {
  byId("title").value = project.title;
  byId("description").value = project.description;
  byId("script").value = project.script_text;
  showEditor();
}

function readForm() {
  const typed = { title: byId("title").value, description: byId("description").value, script_text: byId("script").value };
  project = { ...project, ...typed };
}

function showEditor() {
  text(byId("project"), project.id);
  text(byId("status"), project.status);
  bind(byId("audio"), "src", project.audio_url);
  bind(byId("video"), "src", project.video_url);
  byId("make-audio").disabled = !project.script_text;
  byId("make-video").disabled = !(project.script_text && project.audio_url);
  const shown = project.images.map((image, index) => {
    const card = clone("image");
    bind(part(card, "picture"), "src", image.url);
    show(part(card, "picture"), Boolean(image.url));
    part(card, "prompt").value = image.prompt;
    part(card, "again").addEventListener("click", () => act(() => drawAgain(index, part(card, "prompt").value)));
    return card;
  });
  byId("images").replaceChildren(...shown);
}

async function drawAgain(index, prompt) {
  const made = await call("POST", `/projects/${project.id}/generate-images/${index}`, { prompt, style: project.image_style });
  const images = project.images.map((image, at) => (at === index ? { prompt, url: made.image_url } : image));
  project = { ...project, images };
  showEditor();
}

// The editor takes single fields of a reply and leaves the rest of its state as it is.
function make(id, path, body, ...names) {
  on(id, "click", () =>
    act(async () => {
      readForm();
      const made = await call("POST", `/projects/${project.id}/${path}`, body());
      project = { ...project, ...pick(made, ...names) };
      fillForm();
    }),
  );
}

make(
  "make-script",
  "generate-script",
  () => ({ ...pick(project, "title", "description", "use_case", "language"), style: project.script_style }),
  "script_text",
  "images",
  "status",
);
make(
  "make-audio",
  "generate-audio",
  () => pick(project, "script_text", "voice_id", "audio_speed", "audio_pitch", "language"),
  "audio_url",
  "status",
);
make("make-images", "generate-images", () => ({ images: project.images, style: project.image_style }), "images", "status");
make(
  "make-video",
  "generate-video",
  () => ({ ...pick(project, "resolution", "fps", "background_music"), template: project.video_template_id }),
  "video_url",
  "duration",
  "thumbnail",
  "status",
);
on("save", "click", () =>
  act(async () => {
    readForm();
    project = project.id
      ? await call("PUT", `/projects/${project.id}`, project)
      : await call("POST", "/projects", project);
    fillForm();
  }),
);
on("new", "click", () => act(() => edit(null)));
on("back", "click", () => act(openList));

act(openList);
