"""Permitting exchanges: calls of a page, by chance, and answers that let it read the last of them.

What is known here of the protocol is small on purpose: what to grant, not when it is needed. The oracle, which judges,
is not asked.
"""

from __future__ import annotations

from itertools import pairwise
from random import Random

from harness.fuzzing import vocabulary as v
from harness.fuzzing.drafts import Draft, Reply, Turn, Visit
from harness.scenario import Api, Step
from harness.wire import Pairs

ALLOW = "Access-Control-Allow-"
ORIGIN, CREDENTIALS, METHODS, NAMES = (f"{ALLOW}{what}" for what in ("Origin", "Credentials", "Methods", "Headers"))
EXPOSE, MAX_AGE = "Access-Control-Expose-Headers", "Access-Control-Max-Age"
POLICY = "Cross-Origin-Resource-Policy"
PAGES = ("http://localhost", "http://localhost", "http://localhost", "http://127.0.0.1", "null")
AWAY = ("api", "api", "api", "cross", "api2")
NORMALIZED = ("DELETE", "GET", "HEAD", "OPTIONS", "POST", "PUT")
UNSAFE_METHODS_TO_REMEMBER = ("PUT", "DELETE", "PATCH", "QUERY")
NAMES_TO_REMEMBER = ("X-A", "X-B", "Authorization", "Content-Type")


def permitting(random: Random) -> Draft:
    """Return an exchange that ends well."""
    shapes = (_single, _redirected, _remembered, _without_cors, _at_home, _cached_or_not, _streamed)
    [shape] = random.choices(shapes, (44.5, 22, 16, 7, 6, 2.5, 2))
    draft = shape(random)
    for turn in draft.turns:
        permit(random, turn)
    return draft


def normal(method: str) -> str:
    """Return a method as it is sent."""
    return method.upper() if method.upper() in NORMALIZED else method


def is_foreign(turn: Turn, index: int) -> bool:
    """Tell whether the way led through other origins, so that a visit is asked by nobody: the origin ``null``."""
    places = [visit.place for visit in turn.visits[: index + 1]]
    return any(one != other and one != "page" for one, other in pairwise(places))


def right_origin(turn: Turn, index: int) -> str:
    """Return the origin that a visit of a turn must allow."""
    return "null" if is_foreign(turn, index) else "{page}"


# ---- answers ---------------------------------------------------------------------------------------


def permit(random: Random, turn: Turn) -> None:
    """Answer each visit so that the page may read the last."""
    for index, visit in enumerate(turn.visits):
        visit.actual.fields += [("Cache-Control", "no-store"), ("Content-Type", "text/plain")]
        visit.preflight.status = random.choice((200, 204, 204))
        visit.preflight.fields += [("Cache-Control", "no-store")]
        for reply in (visit.preflight, visit.actual):
            allow(random, turn, index, reply)
        _grant(random, turn, visit.preflight)


def allow(random: Random, turn: Turn, index: int, reply: Reply) -> None:
    """Let the page's origin read an answer, with its credentials where they are asked for."""
    included = turn.step.credentials == "include"
    anybody = not included and random.random() < 0.15
    reply.put(ORIGIN, "*" if anybody else right_origin(turn, index))
    if included or random.random() < 0.1:
        reply.put(CREDENTIALS, "true")


def _grant(random: Random, turn: Turn, reply: Reply) -> None:
    """Grant what the request is made of, whether or not it must be asked for; a redirect may make the method GET."""
    step = turn.step
    included, method = step.credentials == "include", normal(step.method)
    names = tuple(dict.fromkeys((*(name for name, _ in step.headers), "content-type")))
    if random.random() < 0.1 and not included:
        reply.put(METHODS, "*")
    elif method not in ("GET", "HEAD", "POST") or random.random() < 0.5:
        reply.put(METHODS, random.choice((method, f"GET, {method}", f"{method},GET", f"PUT, {method}, GET")))
    if random.random() < 0.12 and not included and "authorization" not in (name.lower() for name in names):
        reply.put(NAMES, "*")
    elif step.headers or step.body is not None or random.random() < 0.5:
        reply.put(NAMES, random.choice((", ", ",")).join(names))


# ---- requests --------------------------------------------------------------------------------------


def _request(random: Random, url: str, *, tame: bool = False, safe: float = 0.45) -> Step:
    """Return a call; ``tame`` is one that any server reads, ``safe`` the chance that no preflight is due for it."""
    method = random.choice(v.SAFE_METHODS if random.random() < safe else v.UNSAFE_METHODS)
    has_body = normal(method) not in ("GET", "HEAD") and random.random() < 0.5
    return Step(
        method,
        url,
        _headers(random, tame=tame),
        body=random.choice(v.BODIES) if has_body else None,
        body_kind=random.choice(("text", "text", "urlencoded", "bytes")) if has_body else "text",
        credentials=random.choice(("same-origin", "same-origin", "omit", "include", "include")),
    )


def _headers(random: Random, *, tame: bool) -> Pairs:
    if tame:
        return tuple(random.sample(v.TAME_HEADERS, random.choice((0, 0, 1, 1, 2))))
    [count] = random.choices((0, 1, 2, 3), (45, 35, 15, 5))
    return tuple(header(random) for _ in range(count))


def header(random: Random) -> tuple[str, str]:
    """Return a request header: one of those that may be safe, or any other."""
    if random.random() < 0.6:
        name = random.choice(tuple(v.VALUES))
        return random.choice((name, name, name.lower(), name.upper())), random.choice(v.VALUES[name])
    return random.choice(v.NAMES), random.choice(v.CUSTOM_VALUES)


def _url(random: Random, place: str, path: str) -> str:
    return f"{{{place}}}{path}{random.choice(('', '', '', '?q=1', '?a=b&c'))}"


# ---- shapes ----------------------------------------------------------------------------------------


def _single(random: Random) -> Draft:
    """One request to another origin."""
    visit = Visit(random.choice(AWAY), random.choice(("/a", "/a", "/a/b.json", "/b/")))
    visit.actual.body = random.choice((b"", b"x"))
    step = _request(random, _url(random, visit.place, visit.path))
    return _listening(random, Draft([Turn(step, [visit])], random.choice(PAGES), _interface(random)))


def _interface(random: Random) -> Api:
    return random.choice((Api.FETCH, Api.FETCH, Api.XHR))


def _listening(random: Random, draft: Draft) -> Draft:
    """Have an upload listener now and then, which only an XMLHttpRequest can."""
    if draft.api is Api.XHR and random.random() < 0.15:
        draft.turns[0].change(upload_listener=True)
    return draft


def _redirected(random: Random) -> Draft:
    """A request that one to three redirects lead on, home too."""
    page = random.choice(PAGES)
    [hops] = random.choices((1, 2, 3), (70, 22, 8))
    first = random.choice(AWAY)
    others = AWAY if page == "null" else (*AWAY, "page")
    places = [first, *(first if random.random() < 0.3 else random.choice(others) for _ in range(hops))]
    if page != "null" and random.random() < 0.15:
        places[0] = "page"
    step = _request(random, _url(random, places[0], "/0"), tame="page" in places, safe=0.6)
    turn = Turn(step, [Visit(place, f"/{index}") for index, place in enumerate(places)])
    lead(random, turn)
    return _listening(random, Draft([turn], page, _interface(random)))


def lead(random: Random, turn: Turn) -> None:
    """Lead the request from each visit to the next."""
    for here, there in pairwise(turn.visits):
        here.actual.status = random.choice(v.REDIRECTS)
        here.actual.put("Location", _location(random, here, there))


def _location(random: Random, here: Visit, there: Visit) -> str:
    """Return one of the ways to write where a redirect leads; most often the plain one."""
    place, rest = f"{{{there.place}}}", f"{there.path}?{{token}}"
    ways = [f"{place}{rest}", f"{place}{rest}#f", f"{{{there.place}|upper-scheme}}{rest}", f"{{{there.place}|@}}{rest}"]
    ways += [f"//{{{there.place}|host}}{rest}", f"{place}/.{rest}", f"{place}\\{rest[1:]}", f"{place}/x/..{rest}"]
    ways += [f"{{{there.place}|:@}}{rest}"] if not there.is_home else []
    if here.place == there.place:
        ways += [rest, rest[1:], f"/x/../{rest[1:]}", f".{rest}"]
    return ways[0] if random.random() < 0.7 else random.choice(ways)


def _remembered(random: Random) -> Draft:
    """Two to four requests to one URL, of which later ones may need no preflight."""
    place = random.choice(("api", "api", "cross"))
    page = random.choice(PAGES)
    credentials = random.choice(("same-origin", "same-origin", "omit", "include"))
    turns = []
    for _ in range(random.choice((2, 2, 3, 3, 4))):
        other = random.choice(("same-origin", "include")) if random.random() < 0.25 else credentials
        safe = random.random() < 0.3
        method = random.choice(("GET", "POST", "HEAD")) if safe else random.choice(UNSAFE_METHODS_TO_REMEMBER)
        names = random.sample(
            NAMES_TO_REMEMBER, random.choice((0, 0, 1, 1, 2)) if not safe else random.choice((1, 1, 2))
        )
        headers = tuple((name, "application/json" if name == "Content-Type" else "1") for name in names)
        turns.append(Turn(Step(method, f"{{{place}}}/a", headers, credentials=other), [Visit(place, "/a")]))
    draft = Draft(turns, page, _interface(random))
    for turn in turns:
        reply = turn.visits[0].preflight
        reply.put(MAX_AGE, random.choice(v.LASTING if random.random() < 0.85 else v.MAX_AGES))
    return draft


def _without_cors(random: Random) -> Draft:
    """A request of mode no-cors, which reads nothing and is refused by little."""
    page = random.choice(PAGES)
    places = [random.choice(AWAY) for _ in range(random.choice((1, 1, 1, 2)))]
    method = random.choice(v.SAFE_METHODS)
    has_body = normal(method) == "POST" and random.random() < 0.5
    step = Step(
        method,
        _url(random, places[0], "/0"),
        _headers(random, tame=False),
        body=random.choice(v.BODIES) if has_body else None,
        credentials=random.choice(("same-origin", "omit", "include")),
        mode="no-cors",
        referrer_policy=random.choice(("", *v.REFERRER_POLICIES)),
    )
    turn = Turn(step, [Visit(place, f"/{index}") for index, place in enumerate(places)])
    lead(random, turn)
    return Draft([turn], page, Api.FETCH)


def _at_home(random: Random) -> Draft:
    """A request to the page's own origin, of any mode; there may be a redirect there."""
    step = _request(random, _url(random, "page", "/0"), tame=True)
    mode = random.choice(("cors", "cors", "same-origin", "no-cors"))
    if mode == "no-cors" and normal(step.method) not in ("GET", "HEAD", "POST"):
        mode = "same-origin"
    visits = [Visit("page", f"/{index}") for index in range(random.choice((1, 1, 2)))]
    turn = Turn(step, visits)
    turn.change(mode=mode, referrer_policy=random.choice(("", "", *v.REFERRER_POLICIES)))
    lead(random, turn)
    return Draft([turn], random.choice(PAGES[:-1]), _interface(random))


def _cached_or_not(random: Random) -> Draft:
    """Requests to one URL with cache modes, which are nothing to CORS."""
    turns = []
    for _ in range(random.choice((1, 2, 3))):
        step = _request(random, "{api}/a")
        turns.append(Turn(step, [Visit("api", "/a")]))
        turns[-1].change(cache=random.choice(("default", *v.CACHE_MODES)))
        turns[-1].visits[0].preflight.put(MAX_AGE, random.choice(v.LASTING))
    return Draft(turns, random.choice(PAGES), Api.FETCH)


def _streamed(random: Random) -> Draft:
    """A stream as a body, which only HTTP/2 takes; a redirect that turns the request into a GET may follow."""
    count = random.choice((1, 2, 2))
    step = Step(random.choice(("POST", "PUT", "PATCH")), "{h2}/0", body="x", body_kind="stream")
    turn = Turn(step, [Visit("h2", f"/{index}") for index in range(count)])
    turn.change(credentials=random.choice(("same-origin", "include")))
    lead(random, turn)
    for visit in turn.visits[:-1]:
        visit.actual.status = 303
    return Draft([turn], random.choice(PAGES), Api.FETCH)
