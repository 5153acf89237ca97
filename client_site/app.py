"""The Flask app of the page's site: the page, its control endpoints, and the same-origin proxy.

The page phones home: it asks for batches and posts results with ordinary same-origin requests, so that nothing of a
check passes through a browser's driver. Imports `client_site.board` and Flask; httpx when the proxy is used.
"""

from __future__ import annotations

from flask import Flask, Response, abort, jsonify, render_template, request
from flask.typing import ResponseReturnValue

from client_site.board import Board, Session
from client_site.proxy import install as install_proxy

POLL_SECONDS = 15.0  # how long a page's question for work is kept open


def create_app(board: Board, *, api: str | None = None) -> Flask:
    """Make the page's site over ``board``; ``api`` is the origin that ``/proxy/…`` forwards to."""
    app = Flask(__name__)

    def session_or_404(session_id: str) -> Session:
        return board.find(session_id) or abort(404, description="no such session: it has ended or never was")

    @app.get("/agent/<session_id>")
    def page(session_id: str) -> str:
        session_or_404(session_id)
        tour, stop = board.tour(request.args.get("tour", "")), request.args.get("stop", 0, type=int)
        if tour is not None:
            tour.reach(stop)
        sandboxed = "sandboxed" in request.args
        return render_template("page.html", session=session_id, sandboxed=sandboxed, tour=tour, stop=stop)

    @app.post("/agent/<session_id>/next")
    def next_batch(session_id: str) -> Response:
        asked = request.get_json()
        return jsonify(session_or_404(session_id).next_batch(asked["origin"], POLL_SECONDS, asked.get("have")))

    @app.post("/agent/<session_id>/results")
    def results(session_id: str) -> ResponseReturnValue:
        report = request.get_json()
        session_or_404(session_id).post(report["steps"], report.get("batch_done"))
        return "", 204

    @app.post("/agent/<session_id>/arrived")
    def arrived(session_id: str) -> Response:
        session_or_404(session_id)
        return jsonify(arrived=board.arrived(request.get_json()["unit"], POLL_SECONDS))

    @app.post("/agent/<session_id>/turn")
    def turn(session_id: str) -> ResponseReturnValue:
        session_or_404(session_id)
        begun = request.get_json()
        board.turn(begun["unit"], begun["step"])
        return "", 204

    @app.post("/agent/<session_id>/failed")
    def failed(session_id: str) -> ResponseReturnValue:
        session_or_404(session_id).on_failure(request.get_json()["unit"])
        return "", 204

    @app.post("/tour/<tour_id>/next")
    def next_stop(tour_id: str) -> Response:
        tour = board.tour(tour_id) or abort(404, description="no such tour")
        return jsonify(go=tour.after(request.get_json()["stop"], POLL_SECONDS))

    @app.get("/favicon.ico")
    def favicon() -> ResponseReturnValue:
        return "", 204

    if api is not None:
        install_proxy(app, api)
    return app
