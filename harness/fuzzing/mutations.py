"""Mutations: what makes a permitting exchange a near-miss, one change each, with the reasons that it can lead to.

A mutation changes a draft in place and tells whether there was anything to change. Most aim at one reason; some aim at
none: they change what must not matter. Weights are set so that a run of some thousands meets every reason often.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from harness.fuzzing import vocabulary as v
from harness.fuzzing.drafts import Draft, Reply, Turn, Visit
from harness.fuzzing.permitting import (
    CREDENTIALS,
    EXPOSE,
    MAX_AGE,
    METHODS,
    NAMES,
    ORIGIN,
    POLICY,
    header,
    lead,
    normal,
    permit,
    right_origin,
)
from harness.oracle import Reason
from harness.scenario import Api

Change = Callable[[Random, Draft], bool]


@dataclass(frozen=True)
class Mutation:
    """A change, how often it is chosen, and the reasons that it can lead to; none where all stays readable."""

    name: str
    weight: float
    change: Change
    reaches: frozenset[Reason]


MUTATIONS: list[Mutation] = []


def _mutation(weight: float, *reaches: Reason) -> Callable[[Change], Change]:
    def register(change: Change) -> Change:
        MUTATIONS.append(Mutation(change.__name__[1:].replace("_", "-"), weight, change, frozenset(reaches)))
        return change

    return register


def mutate(random: Random, draft: Draft, weights: tuple[float, ...] = ()) -> None:
    """Change something about a draft, and write down what; which it is depends on what can be changed."""
    while True:
        [chosen] = random.choices(MUTATIONS, weights or [mutation.weight for mutation in MUTATIONS])
        if chosen.change(random, draft):
            draft.said.append(chosen.name)
            return


# ---- where -----------------------------------------------------------------------------------------


@dataclass
class _Spot:
    """An answer to a request with CORS: the turn, the number of the visit, and one of its two replies."""

    turn: Turn
    index: int
    reply: Reply

    @property
    def right(self) -> str:
        """The origin that it must allow."""
        return right_origin(self.turn, self.index)


def _is_preflighted(turn: Turn) -> bool:
    """Tell whether a preflight is due for something else than an odd value."""
    step = turn.step
    names = {name.lower() for name, _ in step.headers}
    return normal(step.method) not in ("GET", "HEAD", "POST") or not names <= {name.lower() for name in v.VALUES}


def _spot(random: Random, draft: Draft, *, preflight: bool | None = None, tame: bool = False) -> _Spot | None:
    """Choose an answer that CORS looks at: to preflights only, or to none; a tame server's only where that may be."""
    spots = []
    for turn in draft.turns:
        if turn.step.mode != "cors":
            continue
        for index, visit in enumerate(turn.visits):
            crossed = any(one.place != "page" for one in turn.visits[: index + 1])
            if crossed and (tame or not visit.is_tame):
                if preflight is not True:
                    spots.append(_Spot(turn, index, visit.actual))
                if preflight is not False and (_is_preflighted(turn) or preflight):
                    spots.append(_Spot(turn, index, visit.preflight))
    return random.choice(spots) if spots else None


def _turn(random: Random, draft: Draft, *, modes: tuple[str, ...] = ("cors",), away: bool = True) -> Turn | None:
    """Choose a call of one of the modes, to another origin where that is wanted."""
    turns = [turn for turn in draft.turns if turn.step.mode in modes and not (away and turn.visits[0].is_home)]
    return random.choice(turns) if turns else None


def _is_tame(turn: Turn) -> bool:
    """Tell whether a server that cannot read everything is on the way."""
    return any(visit.is_tame for visit in turn.visits)


def _list(reply: Reply, name: str) -> str:
    return reply.get(name) or ""


# ---- the CORS check --------------------------------------------------------------------------------


@_mutation(12, Reason.ALLOW_ORIGIN_MISSING)
def _allow_origin_missing(random: Random, draft: Draft) -> bool:
    spot = _spot(random, draft, tame=True)
    if spot:
        spot.reply.drop(ORIGIN)
    return spot is not None


@_mutation(12, Reason.ALLOW_ORIGIN_MISMATCH)
def _allow_origin_other(random: Random, draft: Draft) -> bool:
    spot = _spot(random, draft)
    if spot:
        spot.reply.put(ORIGIN, random.choice(v.ORIGINS if random.random() < 0.7 else v.HOSTILE_ORIGINS))
    return spot is not None


@_mutation(4, Reason.ALLOW_ORIGIN_MISMATCH)
def _allow_origin_of_another_moment(random: Random, draft: Draft) -> bool:
    """The page's origin where it is null by now, or null where it is not."""
    spot = _spot(random, draft, tame=True)
    if spot:
        spot.reply.put(ORIGIN, "{page}" if spot.right == "null" else "null")
    return spot is not None


@_mutation(12, Reason.ALLOW_ORIGIN_MULTIPLE)
def _allow_origin_list(random: Random, draft: Draft) -> bool:
    spot = _spot(random, draft)
    if spot:
        spot.reply.put(ORIGIN, random.choice(v.LISTS).replace("{right}", spot.right))
    return spot is not None


@_mutation(8, Reason.ALLOW_ORIGIN_MULTIPLE)
def _allow_origin_twice(random: Random, draft: Draft) -> bool:
    spot = _spot(random, draft)
    if spot:
        second = random.choice((spot.right, spot.right, "*", "null", "", "{api}"))
        values = [spot.right, second]
        random.shuffle(values)
        spot.reply.put(ORIGIN, *values)
    return spot is not None


@_mutation(12, Reason.ALLOW_ORIGIN_WILDCARD_WITH_CREDENTIALS)
def _allow_origin_any(random: Random, draft: Draft) -> bool:
    spot = _spot(random, draft, tame=True)
    if spot:
        spot.reply.put(ORIGIN, "*")
    return spot is not None


@_mutation(8)
def _allow_origin_padded(random: Random, draft: Draft) -> bool:
    spot = _spot(random, draft)
    if spot:
        spot.reply.put(ORIGIN, random.choice(v.PADDINGS).format(spot.reply.get(ORIGIN)))
    return spot is not None


@_mutation(3)
def _field_names_in_another_case(random: Random, draft: Draft) -> bool:
    spot = _spot(random, draft)
    if spot:
        change = random.choice((str.lower, str.upper, str.swapcase))
        spot.reply.fields = [(change(name), value) for name, value in spot.reply.fields]
    return spot is not None


@_mutation(12, Reason.ALLOW_CREDENTIALS_MISSING)
def _allow_credentials_missing(random: Random, draft: Draft) -> bool:
    spot = _spot(random, draft, tame=True)
    if spot is None or spot.reply.get(CREDENTIALS) is None:
        return False
    spot.reply.drop(CREDENTIALS)
    return True


@_mutation(22, Reason.ALLOW_CREDENTIALS_NOT_TRUE)
def _allow_credentials_not_true(random: Random, draft: Draft) -> bool:
    spot = _spot(random, draft)
    if spot:
        twice = random.random() < 0.15
        spot.reply.put(CREDENTIALS, *(("true", "true") if twice else (random.choice(v.NOT_TRUE),)))
    return spot is not None


@_mutation(3)
def _allow_credentials_padded(random: Random, draft: Draft) -> bool:
    spot = _spot(random, draft)
    if spot:
        spot.reply.put(CREDENTIALS, random.choice(v.PADDINGS).format("true"))
    return spot is not None


@_mutation(
    7,
    Reason.ALLOW_CREDENTIALS_MISSING,
    Reason.ALLOW_ORIGIN_WILDCARD_WITH_CREDENTIALS,
    Reason.METHOD_WILDCARD_WITH_CREDENTIALS,
    Reason.HEADER_WILDCARD_WITH_CREDENTIALS,
)
def _credentials_included(random: Random, draft: Draft) -> bool:
    """Credentials, where nothing was permitted with a view to them."""
    turn = _turn(random, draft)
    if turn is None or turn.step.credentials == "include":
        return False
    turn.change(credentials="include")
    return True


@_mutation(2)
def _credentials_left_out(random: Random, draft: Draft) -> bool:
    turn = _turn(random, draft)
    if turn is None or turn.step.credentials != "include":
        return False
    turn.change(credentials=random.choice(("omit", "same-origin")))
    return True


# ---- preflights ------------------------------------------------------------------------------------


@_mutation(8, Reason.PREFLIGHT_REDIRECT)
def _preflight_redirected(random: Random, draft: Draft) -> bool:
    spot = _spot(random, draft, preflight=True, tame=True)
    if spot:
        spot.reply.status = random.choice(v.REDIRECTS)
        if random.random() < 0.7:
            spot.reply.put("Location", "{api2}/preflighted?{token}")
    return spot is not None


@_mutation(9, Reason.PREFLIGHT_STATUS_NOT_OK)
def _preflight_not_ok(random: Random, draft: Draft) -> bool:
    spot = _spot(random, draft, preflight=True, tame=True)
    if spot:
        spot.reply.status = random.choice(v.PREFLIGHT_NOT_OK)
    return spot is not None


@_mutation(3)
def _preflight_ok_otherwise(random: Random, draft: Draft) -> bool:
    spot = _spot(random, draft, preflight=True, tame=True)
    if spot:
        spot.reply.status = random.choice(v.PREFLIGHT_OK)
        spot.reply.body = b"x"
    return spot is not None


@_mutation(9, Reason.ALLOW_METHODS_MALFORMED)
def _allow_methods_malformed(random: Random, draft: Draft) -> bool:
    spot = _spot(random, draft, preflight=True)
    if spot:
        spot.reply.put(METHODS, random.choice(v.MALFORMED).replace("{}", _list(spot.reply, METHODS)))
    return spot is not None


@_mutation(9, Reason.ALLOW_HEADERS_MALFORMED)
def _allow_headers_malformed(random: Random, draft: Draft) -> bool:
    spot = _spot(random, draft, preflight=True)
    if spot:
        spot.reply.put(NAMES, random.choice(v.MALFORMED).replace("{}", _list(spot.reply, NAMES)))
    return spot is not None


@_mutation(10, Reason.METHOD_NOT_ALLOWED)
def _method_unlisted(random: Random, draft: Draft) -> bool:
    spot = _spot(random, draft, preflight=True)
    if spot is None:
        return False
    method = normal(spot.turn.step.method)
    said = random.choice(v.NOT_METHODS).replace("{lower}", method.lower()).replace("{upper}", method.upper())
    spot.reply.put(METHODS, *([] if random.random() < 0.2 else [said.replace("{}", method)]))
    return True


@_mutation(8, Reason.METHOD_NOT_ALLOWED)
def _method_in_another_case(random: Random, draft: Draft) -> bool:
    turn = _turn(random, draft)
    if turn is None:
        return False
    method = turn.step.method
    turn.change(method=random.choice((method.lower(), method.upper(), method.capitalize())))
    return True


@_mutation(16, Reason.METHOD_WILDCARD_WITH_CREDENTIALS)
def _methods_any(random: Random, draft: Draft) -> bool:
    spot = _spot(random, draft, preflight=True)
    if spot:
        spot.reply.put(METHODS, random.choice(("*", "*", "GET, *", "*,")))
    return spot is not None


@_mutation(4)
def _methods_in_other_forms(random: Random, draft: Draft) -> bool:
    return _in_other_forms(random, draft, METHODS)


@_mutation(4)
def _headers_in_other_forms(random: Random, draft: Draft) -> bool:
    return _in_other_forms(random, draft, NAMES)


def _in_other_forms(random: Random, draft: Draft, name: str) -> bool:
    spot = _spot(random, draft, preflight=True)
    if spot is None or not (said := _list(spot.reply, name)):
        return False
    if random.random() < 0.3:
        spot.reply.put(name, random.choice(("", "x-z", ",")), *said.split(","))
    else:
        spot.reply.put(name, random.choice(v.LIST_FORMS).replace("{}", said))
    return True


@_mutation(3)
def _headers_in_another_case(random: Random, draft: Draft) -> bool:
    spot = _spot(random, draft, preflight=True)
    if spot is None or not (said := _list(spot.reply, NAMES)):
        return False
    spot.reply.put(NAMES, random.choice((said.upper(), said.lower(), said.swapcase())))
    return True


@_mutation(10, Reason.HEADER_NOT_ALLOWED, Reason.HEADER_WILDCARD_WITH_CREDENTIALS)
def _header_unlisted(random: Random, draft: Draft) -> bool:
    """Another header, which the preflight may not list."""
    turn = _turn(random, draft)
    if turn is None or _is_tame(turn):
        return False
    turn.change(headers=(*turn.step.headers, header(random)))
    return True


@_mutation(7, Reason.HEADER_NOT_ALLOWED)
def _headers_unlisted(random: Random, draft: Draft) -> bool:
    spot = _spot(random, draft, preflight=True)
    if spot is None:
        return False
    names = [name for name, _ in spot.turn.step.headers]
    said = random.choice(v.NOT_NAMES).replace("{}", random.choice(names) if names else "x-a")
    spot.reply.put(NAMES, *([] if random.random() < 0.2 else [said]))
    return True


@_mutation(14, Reason.HEADER_WILDCARD_WITH_CREDENTIALS, Reason.AUTHORIZATION_NEEDS_LISTING)
def _headers_any(random: Random, draft: Draft) -> bool:
    spot = _spot(random, draft, preflight=True)
    if spot:
        spot.reply.put(NAMES, random.choice(("*", "*", "x-z, *", "*,")))
    return spot is not None


@_mutation(6, Reason.AUTHORIZATION_NEEDS_LISTING, Reason.HEADER_WILDCARD_WITH_CREDENTIALS)
def _authorization_under_any(random: Random, draft: Draft) -> bool:
    spot = _spot(random, draft, preflight=True)
    if spot is None:
        return False
    name = random.choice(("Authorization", "authorization", "AUTHORIZATION"))
    spot.turn.change(headers=(*spot.turn.step.headers, (name, random.choice(("Bearer abc", "", "Basic YTpi", "x")))))
    for visit in spot.turn.visits:
        visit.preflight.put(NAMES, random.choice(("*", "*", "*, x-a", "*,authorization")))
    return True


@_mutation(6, Reason.METHOD_NOT_ALLOWED, Reason.HEADER_NOT_ALLOWED)
def _preflight_poisoned(random: Random, draft: Draft) -> bool:
    """Nothing is granted to a later request: what was granted before must be remembered."""
    if len(draft.turns) < 2:
        return False
    for visit in random.choice(draft.turns[1:]).visits:
        visit.preflight.put(METHODS, "x-nothing")
        visit.preflight.put(NAMES, "x-nothing")
    return True


@_mutation(3)
def _max_age_otherwise(random: Random, draft: Draft) -> bool:
    spot = _spot(random, draft, preflight=True)
    if spot:
        doubled = random.random() < 0.2
        spot.reply.put(MAX_AGE, *(("600", "600") if doubled else (random.choice(v.MAX_AGES),)))
    return spot is not None


# ---- the request -----------------------------------------------------------------------------------


@_mutation(1.3, Reason.METHOD_NOT_A_TOKEN)
def _method_not_a_token(random: Random, draft: Draft) -> bool:
    random.choice(draft.turns).change(method=random.choice(v.NO_METHODS))
    return True


@_mutation(1.3, Reason.METHOD_FORBIDDEN)
def _method_forbidden(random: Random, draft: Draft) -> bool:
    random.choice(draft.turns).change(method=random.choice(v.FORBIDDEN_METHODS))
    return True


@_mutation(1.3, Reason.HEADER_NAME_INVALID)
def _header_name_invalid(random: Random, draft: Draft) -> bool:
    return _insert(random, draft, (random.choice(v.NO_NAMES), "1"))


@_mutation(1.4, Reason.HEADER_VALUE_INVALID)
def _header_value_invalid(random: Random, draft: Draft) -> bool:
    name = random.choice(("X-A", "Accept", "Content-Type", "Cookie", "Range", "Authorization"))
    return _insert(random, draft, (name, random.choice(v.NO_VALUES)))


@_mutation(3)
def _header_forbidden(random: Random, draft: Draft) -> bool:
    """A header that script may set, and that goes nowhere."""
    return _insert(random, draft, random.choice(v.FORBIDDEN_HEADERS))


@_mutation(3, Reason.HEADER_NOT_ALLOWED, Reason.HEADER_WILDCARD_WITH_CREDENTIALS)
def _header_nearly_forbidden(random: Random, draft: Draft) -> bool:
    return _insert(random, draft, random.choice(v.NEARLY_FORBIDDEN_HEADERS))


def _insert(random: Random, draft: Draft, pair: tuple[str, str]) -> bool:
    turn = random.choice(draft.turns)
    headers = list(turn.step.headers)
    headers.insert(random.randint(0, len(headers)), pair)
    turn.change(headers=tuple(headers))
    return True


@_mutation(3, Reason.HEADER_NOT_ALLOWED, Reason.HEADER_WILDCARD_WITH_CREDENTIALS)
def _headers_of_1024_bytes(random: Random, draft: Draft) -> bool:
    """So many safe bytes that they may be unsafe together, in one name or in several."""
    turn = _turn(random, draft)
    if turn is None or _is_tame(turn):
        return False
    name = random.choice(("Accept", "Accept-Language", "Content-Language"))
    count, last = random.choice(((8, 112), (9, 112), (9, 113), (8, 128), (2, 60), (2, 100)))
    turn.change(headers=(*[(name, "a" * v.MANY)] * (count - 1), (name, "a" * last)))
    return True


@_mutation(1.8, Reason.BODY_WITH_GET_OR_HEAD)
def _body_with_get(random: Random, draft: Draft) -> bool:
    random.choice(draft.turns).change(
        method=random.choice(("GET", "get", "HEAD")), body=random.choice(v.BODIES), body_kind="text"
    )
    return True


@_mutation(1.5, Reason.STREAM_OVER_HTTP_ONE, Reason.STREAM_IN_NO_CORS)
def _body_streams(random: Random, draft: Draft) -> bool:
    turn = random.choice(draft.turns)
    if normal(turn.step.method) in ("GET", "HEAD"):
        turn.change(method="POST")
    turn.change(body="x", body_kind="stream", upload_listener=False)
    draft.api = Api.FETCH
    return True


@_mutation(150, Reason.REDIRECT_NEEDS_BODY_AGAIN)
def _stream_wanted_again(random: Random, draft: Draft) -> bool:
    turns = [turn for turn in draft.turns if turn.step.body_kind == "stream" and len(turn.visits) > 1]
    if turns:
        random.choice(turns).visits[0].actual.status = random.choice((301, 302, 307, 308))
    return bool(turns)


@_mutation(2, Reason.STREAM_IN_NO_CORS, Reason.METHOD_NOT_ALLOWED_IN_NO_CORS)
def _mode_no_cors(random: Random, draft: Draft) -> bool:
    random.choice(draft.turns).change(mode="no-cors")
    return True


@_mutation(1, Reason.STREAM_IN_NO_CORS)
def _body_streams_without_cors(random: Random, draft: Draft) -> bool:
    random.choice(draft.turns).change(mode="no-cors", method="POST", body="x", body_kind="stream")
    return True


@_mutation(1.2, Reason.METHOD_NOT_ALLOWED_IN_NO_CORS)
def _method_without_cors(random: Random, draft: Draft) -> bool:
    turn = random.choice(draft.turns)
    turn.change(mode="no-cors", method=random.choice((*v.UNSAFE_METHODS, "get", "Post", "HEAD")))
    return turn.step.body is None or normal(turn.step.method) not in ("GET", "HEAD")


@_mutation(12, Reason.NO_CORS_NEEDS_FOLLOW, Reason.REDIRECT_MODE_ERROR)
def _no_cors_unfollowed(random: Random, draft: Draft) -> bool:
    turn = _turn(random, draft, modes=("no-cors",), away=False)
    if turn:
        turn.change(redirect=random.choice(("error", "manual")))
    return turn is not None


@_mutation(2.5, Reason.MODE_SAME_ORIGIN)
def _mode_same_origin(random: Random, draft: Draft) -> bool:
    random.choice(draft.turns).change(mode="same-origin")
    return True


@_mutation(2, Reason.URL_INCLUDES_CREDENTIALS)
def _url_with_credentials(random: Random, draft: Draft) -> bool:
    return _vary_url(random, draft, random.choice((*v.USERINFO, "@", ":@")))


@_mutation(1.2, Reason.BAD_PORT)
def _url_with_bad_port(random: Random, draft: Draft) -> bool:
    return _vary_url(random, draft, f":{random.choice(v.BAD_PORTS)}")


def _vary_url(random: Random, draft: Draft, how: str) -> bool:
    turn = random.choice(draft.turns)
    place = turn.visits[0].place
    turn.change(url=turn.step.url.replace(f"{{{place}}}", f"{{{place}|{how}}}", 1))
    return True


@_mutation(3)
def _referrer_policy_otherwise(random: Random, draft: Draft) -> bool:
    turn = random.choice(draft.turns)
    turn.change(referrer_policy=random.choice(v.REFERRER_POLICIES))
    return True


@_mutation(2)
def _cache_mode_otherwise(random: Random, draft: Draft) -> bool:
    random.choice(draft.turns).change(cache=random.choice(v.CACHE_MODES))
    return True


# ---- redirects -------------------------------------------------------------------------------------


def _redirecting(random: Random, draft: Draft, *, tame: bool = False) -> Reply | None:
    """Choose an answer that redirects."""
    visits = [visit for turn in draft.turns for visit in turn.visits[:-1] if tame or not visit.is_tame]
    return random.choice(visits).actual if visits else None


@_mutation(4, Reason.REDIRECT_MODE_ERROR)  # few: Firefox has no words for it
def _redirect_unfollowed(random: Random, draft: Draft) -> bool:
    turns = [turn for turn in draft.turns if len(turn.visits) > 1 and turn.step.mode != "no-cors"]
    if turns:
        random.choice(turns).change(redirect=random.choice(("error", "error", "manual")))
    return bool(turns)


@_mutation(2)
def _redirect_mode_without_redirect(random: Random, draft: Draft) -> bool:
    turns = [turn for turn in draft.turns if len(turn.visits) == 1 and turn.step.mode != "no-cors"]
    if turns:
        random.choice(turns).change(redirect=random.choice(("error", "manual")))
    return bool(turns)


@_mutation(22, Reason.LOCATION_MULTIPLE)
def _location_twice(random: Random, draft: Draft) -> bool:
    reply = _redirecting(random, draft)
    if reply:
        right = _list(reply, "Location")
        values = [right, random.choice((right, right, "{api}/other?{token}", "", "http://["))]
        random.shuffle(values)
        if not all(map(str.strip, values)) and "{token}" not in "".join(values):
            return False  # WebKit joins them to a relative URL, and nobody would know whose request that is
        reply.put("Location", *values)
    return reply is not None


@_mutation(20, Reason.LOCATION_INVALID)
def _location_invalid(random: Random, draft: Draft) -> bool:
    reply = _redirecting(random, draft, tame=True)
    if reply:
        reply.put("Location", random.choice(v.NO_LOCATIONS))
    return reply is not None


@_mutation(16, Reason.REDIRECT_SCHEME)
def _redirect_to_another_scheme(random: Random, draft: Draft) -> bool:
    reply = _redirecting(random, draft, tame=True)
    if reply:
        reply.put("Location", random.choice(v.SCHEMES))
    return reply is not None


@_mutation(22, Reason.REDIRECT_INCLUDES_CREDENTIALS)
def _redirect_with_credentials(random: Random, draft: Draft) -> bool:
    return _vary_location(random, draft, random.choice(v.USERINFO))


@_mutation(8, Reason.BAD_PORT)
def _redirect_to_bad_port(random: Random, draft: Draft) -> bool:
    return _vary_location(random, draft, f":{random.choice(v.BAD_PORTS)}")


def _vary_location(random: Random, draft: Draft, how: str) -> bool:
    """Vary the origin to which a redirect leads; the URL is otherwise the plain one."""
    turns = [turn for turn in draft.turns if len(turn.visits) > 1]
    if not turns:
        return False
    visits = random.choice(turns).visits
    at = random.randrange(len(visits) - 1)
    there = visits[at + 1]
    visits[at].actual.put("Location", f"{{{there.place}|{how}}}{there.path}?{{token}}")
    return True


@_mutation(5)
def _location_missing(random: Random, draft: Draft) -> bool:
    reply = _redirecting(random, draft, tame=True)
    if reply:
        reply.drop("Location")
    return reply is not None


@_mutation(5)
def _location_padded(random: Random, draft: Draft) -> bool:
    reply = _redirecting(random, draft)
    if reply:
        reply.put("Location", random.choice(v.PADDINGS).format(_list(reply, "Location")))
    return reply is not None


@_mutation(2, Reason.TOO_MANY_REDIRECTS)
def _location_empty(random: Random, draft: Draft) -> bool:
    """A reference to the very URL that redirects: round and round."""
    reply = _redirecting(random, draft)
    if reply:
        reply.put("Location", random.choice(("", "", "#", "#f")))
    return reply is not None


@_mutation(2)
def _location_without_redirect(random: Random, draft: Draft) -> bool:
    visit = random.choice(draft.turns).visits[-1]
    visit.actual.put("Location", "{api2}/nowhere?{token}")
    visit.actual.status = random.choice((200, 201, 300, 305, 306, 309, 404))
    return True


@_mutation(5)
def _referrer_policy_on_the_way(random: Random, draft: Draft) -> bool:
    reply = _redirecting(random, draft)
    if reply:
        reply.put("Referrer-Policy", random.choice(v.REFERRER_POLICY_FIELDS))
    return reply is not None


@_mutation(2, Reason.TOO_MANY_REDIRECTS)
def _redirects_without_end(random: Random, draft: Draft) -> bool:
    """Exactly as many redirects as are followed, or one more."""
    if len(draft.turns) != 1 or (turn := draft.turns[0]).visits[0].is_tame or turn.step.mode != "cors":
        return False
    place = turn.visits[0].place
    turn.change(url=f"{{{place}}}/0", method=random.choice(("GET", "HEAD")), headers=(), body=None)
    turn.visits = [Visit(place, f"/{number}") for number in range(random.choice((21, 22, 22)))]
    lead(random, turn)
    permit(random, turn)
    return True


# ---- the server ------------------------------------------------------------------------------------


@_mutation(2, Reason.NETWORK_FAILURE)
def _no_answer(random: Random, draft: Draft) -> bool:
    replies = _away(draft)
    if replies:
        random.choice(replies).closes = True
    return bool(replies)


@_mutation(2, Reason.NETWORK_FAILURE)
def _nul_in_an_answer(random: Random, draft: Draft) -> bool:
    replies = _away(draft)
    if replies:
        name = random.choice((ORIGIN, CREDENTIALS, "X-One", "Content-Type", EXPOSE))
        random.choice(replies).put(name, random.choice(("\x00", "{page}\x00", "a\x00b", "\x00*")))
    return bool(replies)


def _away(draft: Draft) -> list[Reply]:
    visits = [visit for turn in draft.turns for visit in turn.visits if not visit.is_tame]
    return [reply for visit in visits for reply in (visit.actual, visit.preflight)]


@_mutation(8)
def _status_otherwise(random: Random, draft: Draft) -> bool:
    random.choice(draft.turns).visits[-1].actual.status = random.choice(v.STATUSES)
    return True


@_mutation(8)
def _exposed_otherwise(random: Random, draft: Draft) -> bool:
    visit = random.choice(draft.turns).visits[-1]
    if visit.is_tame:
        return False
    visit.actual.put(EXPOSE, *random.choices(v.EXPOSED, k=random.choice((1, 1, 1, 2))))
    visit.actual.fields += random.choices(v.EXTRA_FIELDS, k=random.choice((1, 2, 3)))
    return True


@_mutation(5)
def _fields_besides(random: Random, draft: Draft) -> bool:
    replies = [visit.actual for turn in draft.turns for visit in turn.visits if not visit.is_tame]
    if replies:
        random.choice(replies).fields += random.choices(v.EXTRA_FIELDS, k=2)
    return bool(replies)


@_mutation(40, Reason.CORP_SAME_ORIGIN)
def _policy_same_origin(random: Random, draft: Draft) -> bool:
    return _keep_in(random, draft, ("same-origin", "same-origin", " same-origin\t"))


@_mutation(60, Reason.CORP_SAME_SITE)
def _policy_same_site(random: Random, draft: Draft) -> bool:
    return _keep_in(random, draft, ("same-site", "same-site", "\tsame-site "))


@_mutation(20)
def _policy_otherwise(random: Random, draft: Draft) -> bool:
    return _keep_in(random, draft, v.POLICIES)


def _keep_in(random: Random, draft: Draft, policies: tuple[str, ...]) -> bool:
    """Have a resource policy, mostly where it counts: in mode no-cors."""
    turns = [turn for turn in draft.turns if turn.step.mode == "no-cors" or random.random() < 0.02]
    replies = [visit.actual for turn in turns for visit in turn.visits if not visit.is_tame]
    if replies:
        random.choice(replies).put(POLICY, random.choice(policies))
    return bool(replies)
