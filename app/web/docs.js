// Swagger UI over the document of this page; nothing is loaded from elsewhere.
const page = location.pathname.replace(/\/+$/, "");
for (const link of document.querySelectorAll("nav a")) {
  if (link.getAttribute("href") === page) link.setAttribute("aria-current", "page");
}
window.ui = SwaggerUIBundle({
  url: page.startsWith("/docs/") ? `${page}/openapi.json` : page.replace(/docs$/, "openapi.json"),
  dom_id: "#swagger-ui",
  deepLinking: true,
  displayRequestDuration: true,
  docExpansion: "none",
  filter: true,
  persistAuthorization: false,
  validatorUrl: null,
  presets: [SwaggerUIBundle.presets.apis, SwaggerUIBundle.SwaggerUIStandalonePreset].filter(Boolean),
});
