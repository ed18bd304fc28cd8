// Client E2: the slideshow studio on its newer paths, with descriptions, subtitles, templates and the state of a channel.

import { bind, byId, Cards, clone, on, part, show, text } from "../shared/dom.js";

const { API_URL, YOUTUBE_URL } = window.ENV;
const EMPTY = {
  title: "",
  description: "",
  language: "en",
  status: "draft",
  type_video: "LIFE_LESSON",
  keywords: "",
  nb_section: 2,
  video_description: "",
  video_inspirations: [],
  script_text: "",
  voice_id: "nova",
  audio_speed: 1.0,
  audio_pitch: 1.0,
  audio_path: null,
  subtitle_path: null,
  image_style: "sketch",
  images: [],
  resolution: "720p",
  fps: 24,
  video_template_id: "basic_fade",
  video_template_path: "",
  background_music: "",
  video_url: null,
  video_absolute_path: null,
  thumbnail_path: null,
  thumbnail_prompt: "",
  duration: null,
  heygen_avatar_id: null,
  youtube_video_id: null,
};
let projects = [];
let project = null;

async function call(method, path, body, base = API_URL) {
  const headers = { "Content-Type": "application/json" };
  const reply = await fetch(base + path, { method, headers, body: body === undefined ? body : JSON.stringify(body) });
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

const cards = new Cards(byId("cards"), ({ id }) => {
  const card = clone("card");
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
    bind(part(card, "thumbnail"), "src", shown.thumbnail_path);
    show(part(card, "thumbnail"), Boolean(shown.thumbnail_path));
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
  for (const name of ["title", "description", "keywords"]) byId(name).value = project[name] ?? "";
  byId("script").value = project.script_text;
  byId("duration").value = project.duration ?? "";
  if (project.video_template_path) byId("template").value = project.video_template_path;
  showEditor();
}

function readForm() {
  const typed = Object.fromEntries(["title", "description", "keywords"].map((name) => [name, byId(name).value]));
  const duration = byId("duration").value === "" ? null : Number(byId("duration").value);
  project = { ...project, ...typed, duration, script_text: byId("script").value, video_template_path: byId("template").value };
}

// It prefers audio_url where a project has one, and changes audio_path alone.
const sound = () => project.audio_url || project.audio_path;

function showEditor() {
  text(byId("project"), project.id);
  text(byId("status"), project.status);
  bind(byId("audio"), "src", sound());
  bind(byId("video"), "src", project.video_url);
  bind(byId("thumbnail"), "src", project.thumbnail_path);
  show(byId("thumbnail"), Boolean(project.thumbnail_path));
  bind(byId("subtitles"), "href", project.subtitle_path);
  byId("make-audio").disabled = !project.script_text;
  byId("make-video").disabled = !(project.script_text && project.audio_path);
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
  const made = await call("POST", `/images/${project.id}/${index}`, { prompt, style: project.image_style });
  const images = project.images.map((image, at) => (at === index ? { prompt, url: made.image_url } : image));
  project = { ...project, images };
  showEditor();
}

function make(id, path, body, ...names) {
  on(id, "click", () =>
    act(async () => {
      readForm();
      const made = await call("POST", `/${path}/${project.id}`, body());
      project = { ...project, ...pick(made, ...names) };
      fillForm();
    }),
  );
}

on("describe", "click", () =>
  act(async () => {
    readForm();
    const wish = pick(project, "title", "language", "type_video", "keywords", "video_inspirations", "duration");
    const made = await call("POST", "/scripts/description/generate", wish);
    project = { ...project, description: made.contextual_description };
    fillForm();
  }),
);
make(
  "make-script",
  "scripts",
  () => pick(project, "title", "description", "language", "type_video", "nb_section", "keywords", "video_inspirations"),
  "script_text",
  "images",
  "status",
);
make(
  "make-audio",
  "audios",
  () => pick(project, "script_text", "voice_id", "audio_speed", "audio_pitch", "language"),
  "audio_path",
  "status",
);
on("make-subtitles", "click", () =>
  act(async () => {
    const query = new URLSearchParams({ project_id: project.id, audio_path: project.audio_path });
    const made = await call("GET", `/audios/generate-subtitle?${query}`);
    if (!made.success) throw new Error("No subtitles were made.");
    project = { ...project, subtitle_path: made.subtitle_path };
    showEditor();
  }),
);
make("make-images", "images", () => ({ images: project.images, style: project.image_style }), "images", "status");
make(
  "make-video",
  "video",
  () => pick(project, "resolution", "fps", "video_template_path", "background_music"),
  "video_url",
  "duration",
  "thumbnail_path",
  "status",
);
on("burn", "click", () =>
  act(async () => {
    const wish = { style_name: byId("style").value, position_name: byId("position").value, async_processing: false };
    project = await call("POST", `/subtitles/${project.id}`, wish);
    fillForm();
  }),
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

act(async () => {
  const [styles, positions, templates] = await Promise.all([
    call("GET", "/subtitles/styles"),
    call("GET", "/subtitles/positions"),
    call("GET", "/video-template"),
  ]);
  byId("style").replaceChildren(...styles.styles.map((each) => new Option(each.description, each.name)));
  byId("position").replaceChildren(...positions.positions.map((each) => new Option(each.description, each.name)));
  byId("template").replaceChildren(...templates.templates.map((each) => new Option(each.label, each.absolute_path)));
  const channel = await call("GET", "/auth/status", undefined, YOUTUBE_URL);
  text(byId("channel"), channel.is_authenticated ? "connected" : "not connected");
  await openList();
});
