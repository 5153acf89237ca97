"""The suite `hooks`: what the hook sets of `server_site` let through, one module per topic."""
