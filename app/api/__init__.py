"""HTTP's edge: routers, problems, middleware and the faces; it translates and decides nothing."""
