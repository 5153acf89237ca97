"""FastAPI under its CORSMiddleware, whose arguments are in the environment; a GET shows how often there was a POST."""

from __future__ import annotations

import json
import os

from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware
from pydantic import BaseModel

app = FastAPI()
app.add_middleware(CORSMiddleware, **json.loads(os.environ["CORS"]))
app.state.transfers = 0


class Transfer(BaseModel):
    """What is sent."""

    name: str


@app.post("/transfers")
async def transfer(body: Transfer) -> dict[str, str]:
    """Take it."""
    app.state.transfers += 1
    return {"name": body.name}


@app.get("/transfers")
async def count() -> dict[str, int]:
    """Answer how many there were."""
    return {"transfers": app.state.transfers}
