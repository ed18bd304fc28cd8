// Client C: a wizard that keeps its login in session storage, waits for each stage and shows films and pictures without any token.

import { bind, byId, Cards, clone, field, on, part, pause, show, text } from "../shared/dom.js";

const { PIPELINE_URL, AUTH_URL, ASSET_URL } = window.ENV;
const SESSION = "session";
const FIRST_PAUSE_MS = 500;
const TRIES = 3;
let jobId = null;
let isWide = true;
let track = null;
let filmName = "youtube_shorts.mp4";

const session = () => JSON.parse(sessionStorage.getItem(SESSION));
const signed = () => ({ Authorization: `Bearer ${session().token}`, x_user_id: session().user_id });
const lines = (id) => byId(id).value.split("\n").map((line) => line.trim()).filter(Boolean);

async function told(reply) {
  const body = await reply.json();
  if (!reply.ok || body.status === "error") throw new Error(body.message || body.detail);
  return body;
}

async function account(method, path, body, headers = {}) {
  const all = { "Content-Type": "application/json", ...headers };
  return told(await fetch(`${AUTH_URL}${path}`, { method, headers: all, body: body && JSON.stringify(body) }));
}

async function stage(path, body) {
  text(byId("stage"), `${path} …`);
  const headers = { "Content-Type": "application/json", ...signed() };
  const reply = await fetch(`${PIPELINE_URL}${path}`, { method: "POST", headers, body: JSON.stringify(body) });
  const found = await told(reply);
  text(byId("stage"), `${path} done`);
  return found;
}

async function upload(path, name, file, headers) {
  const form = new FormData();
  form.append(name, file);
  return told(await fetch(`${PIPELINE_URL}${path}`, { method: "POST", headers, body: form }));
}

async function act(work) {
  try {
    text(byId("message"), "");
    await work();
  } catch (fault) {
    text(byId("message"), fault.message);
  }
}

on("signing-in", "submit", (sent) =>
  act(async () => {
    const form = sent.target;
    const person = { email: field(form, "email"), password: field(form, "password") };
    await account("POST", "/register", { ...person, display_name: field(form, "display_name") });
    sessionStorage.setItem(SESSION, JSON.stringify(await account("POST", "/login", person)));
    text(byId("person"), session().display_name);
    show(byId("signing-in"), false);
    show(byId("wizard"), true);
    show(byId("profile"), true);
  }),
);

on("start", "submit", (sent) =>
  act(async () => {
    isWide = sent.target.elements.namedItem("wide").checked;
    await stage("/set-video-mode", { video_mode: isWide });
    const found = await stage("/content", { title: field(sent.target, "title"), video_mode: isWide });
    jobId = found.job_id;
    byId("content").value = found.content.split("\n").join("\n");
  }),
);
on("write-scripts", "click", () =>
  act(async () => {
    const title = byId("start").elements.namedItem("title").value;
    const body = { title, content: byId("content").value, video_mode: isWide, job_id: jobId };
    const found = await stage("/scripts", body);
    const spoken = found.voice_scripts_detailed?.map((each) => each.text ?? each.script) ?? found.voice_scripts;
    const drawn = found.image_prompts_detailed?.map((each) => each.prompt ?? each.description) ?? found.image_prompts;
    byId("sentences").value = spoken.join("\n");
    byId("prompts").value = drawn.join("\n");
  }),
);

// The time behind the link makes the browser ask again when the picture was changed at the same address.
const picture = (path) => `${ASSET_URL}${path}?t=${Date.now()}`;

on("draw", "click", () =>
  act(async () => {
    const found = await stage("/images", { prompts: lines("prompts"), video_mode: isWide, job_id: jobId });
    const shown = found.image_paths.map((path) => {
      const card = clone("picture");
      const image = part(card, "image");
      bind(image, "src", picture(path));
      part(card, "change").addEventListener("click", () =>
        act(async () => {
          const relative = new URL(image.src).pathname.replace(/^\//, "");
          await stage("/modify-image", { image_path: relative, prompt: part(card, "prompt").value, video_mode: isWide });
          bind(image, "src", picture(path));
        }),
      );
      return card;
    });
    byId("pictures").replaceChildren(...shown);
  }),
);
on("speak", "click", () =>
  act(async () => {
    const wish = { sentences: lines("sentences"), voice: byId("voice").value, own_voice: false };
    const found = await stage("/voices", { ...wish, video_mode: isWide, job_id: jobId });
    const shown = found.voice_paths.map((path) => {
      const sound = document.createElement("audio");
      sound.controls = true;
      bind(sound, "src", `${ASSET_URL}${path}?t=${Date.now()}`);
      return sound;
    });
    byId("voices").replaceChildren(...shown);
  }),
);
on("edit", "click", () => act(() => stage("/edit", { video_mode: isWide, job_id: jobId })));
byId("track").addEventListener("change", () =>
  act(async () => {
    track = (await upload("/upload-music", "music_file", byId("track").files[0], signed())).music_path;
    text(byId("stage"), "/upload-music done");
  }),
);
on("add-music", "click", () =>
  act(async () => {
    await stage("/bgmusic", { music_path: track, video_mode: isWide });
    filmName = "youtube_shorts_with_music.mp4";
  }),
);
on("add-captions", "click", () =>
  act(async () => {
    await stage("/captions", { video_mode: isWide });
    filmName = "output_with_glowing_captions.mp4";
  }),
);
on("show-film", "click", () =>
  act(async () => {
    const reply = await fetch(`${PIPELINE_URL}/video?file=${filmName}&t=${Date.now()}`);
    if (!reply.ok) throw new Error((await reply.json()).message);
    bind(byId("film"), "src", URL.createObjectURL(await reply.blob()));
  }),
);

// Renaming and deleting are tried three times, each time after a longer pause.
async function insist(path, options) {
  let wait = FIRST_PAUSE_MS;
  for (let attempt = 1; ; attempt += 1) {
    const reply = await fetch(`${PIPELINE_URL}${path}`, options);
    if (reply.ok || attempt === TRIES) return told(reply);
    await pause(wait);
    wait *= 1.6;
  }
}

const folder = () => `/user/${session().user_id}/gallery`;
const gallery = new Cards(byId("gallery"), (item) => {
  const card = clone("film-item");
  part(card, "rename").addEventListener("click", () =>
    act(async () => {
      const body = JSON.stringify({ new_name: part(card, "new-name").value });
      const headers = { "Content-Type": "application/json" };
      await insist(`${folder()}/rename/${item.id}`, { method: "POST", headers, body });
      await showGallery();
    }),
  );
  part(card, "remove").addEventListener("click", () =>
    act(async () => {
      await insist(`${folder()}/file/${item.id}`, { method: "DELETE" });
      await showGallery();
    }),
  );
  return card;
});

async function showGallery() {
  const found = await told(await fetch(`${PIPELINE_URL}${folder()}`));
  const items = found.items.map((item) => ({ ...item, id: item.name }));
  gallery.render(items, (card, item) => {
    text(part(card, "name"), item.name);
    text(part(card, "modified"), new Date(item.modified).toISOString());
    part(card, "thumbnail").style.backgroundImage = `url(${ASSET_URL}${item.thumbnail})`;
    bind(part(card, "video"), "src", `${ASSET_URL}${item.url}`);
    bind(part(card, "open"), "href", `${ASSET_URL}${item.url}`);
  });
}

async function showAvatar() {
  const reply = await fetch(`${PIPELINE_URL}/user/${session().user_id}/avatar?t=${Date.now()}`);
  show(byId("avatar"), reply.ok);
  if (reply.ok) bind(byId("avatar"), "src", URL.createObjectURL(await reply.blob()));
}
byId("avatar-file").addEventListener("change", () =>
  act(async () => {
    await upload(`/user/${session().user_id}/avatar`, "file", byId("avatar-file").files[0]);
    await showAvatar();
  }),
);
on("open-profile", "click", () =>
  act(async () => {
    const me = await account("GET", "/me", undefined, signed());
    text(byId("me"), `${me.display_name}, since ${new Date(me.created_at * 1000).getFullYear()}`);
    const keys = await account("GET", "/api-keys", undefined, signed());
    text(byId("keys"), `gemini: ${keys.gemini}`);
    await showAvatar();
    await showGallery();
  }),
);
