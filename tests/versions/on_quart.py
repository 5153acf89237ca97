"""Quart under Quart-CORS, whose arguments are in the environment."""

from __future__ import annotations

import json
import os

from quart import Quart
from quart_cors import cors

app = cors(Quart("on_quart"), **json.loads(os.environ["CORS"]))


@app.route("/page")
async def page() -> tuple[str, int, dict[str, str]]:
    """Answer everybody, and caches."""
    return "for everybody", 200, {"Cache-Control": "max-age=60"}
