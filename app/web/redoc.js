// Redoc over this server's own document, with fonts that are already on the machine.
Redoc.init(
  "/openapi.json",
  {
    hideHostname: true,
    theme: {
      colors: { primary: { main: "#a85b00" } },
      typography: { fontFamily: "system-ui, sans-serif", headings: { fontFamily: "Georgia, serif" }, code: { fontFamily: "ui-monospace, monospace" } },
    },
  },
  document.getElementById("redoc"),
);
