"""Django with django-cors-headers. Django has one configuration per process, so a process has one policy."""

from __future__ import annotations

from functools import cache
from typing import Any

import django
from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.urls import path
from django.views.decorators.http import require_http_methods

from harness.policy import Policy
from tests.apps import POLICY, api


def create_app(policy: Policy = POLICY) -> WSGIHandler:
    """Make the app behind the policy; RuntimeError for a second policy in one process."""
    _configure(policy)
    return WSGIHandler()


@cache
def _configure(policy: Policy) -> None:
    told: dict[str, Any] = {} if policy.max_age is None else {"CORS_PREFLIGHT_MAX_AGE": policy.max_age}
    settings.configure(
        ALLOWED_HOSTS=["*"],
        ROOT_URLCONF=__name__,
        LOGGING_CONFIG=None,
        INSTALLED_APPS=["corsheaders"],
        # Before all that may answer, as its documentation says.
        MIDDLEWARE=["corsheaders.middleware.CorsMiddleware", "django.middleware.common.CommonMiddleware"],
        CORS_ALLOWED_ORIGINS=policy.origins,
        CORS_ALLOW_METHODS=policy.methods,
        CORS_ALLOW_HEADERS=policy.request_headers,
        CORS_ALLOW_CREDENTIALS=policy.credentials,
        CORS_EXPOSE_HEADERS=policy.exposed_headers,
        **told,
    )
    django.setup()


@require_http_methods(["GET", "HEAD", "POST"])
def items(request: HttpRequest) -> HttpResponse:
    """Answer with all items, or a new one."""
    if request.method == "POST":
        return JsonResponse(api.CREATED, status=201)
    return JsonResponse(api.ITEMS, safe=False)


@require_http_methods(["GET", "HEAD", "PUT", "PATCH", "DELETE"])
def item(request: HttpRequest, number: int) -> HttpResponse:
    """Answer with one item, or nothing."""
    return HttpResponse(status=204) if request.method == "DELETE" else JsonResponse(api.item(number))


def me(request: HttpRequest) -> HttpResponse:
    """Answer with who asks."""
    body, status = api.me(request.COOKIES.get(api.COOKIE), request.headers.get("Authorization"))
    return JsonResponse(body, status=status)


def login(request: HttpRequest) -> HttpResponse:
    """Set the cookie."""
    return JsonResponse(api.PUBLIC, headers=api.LOGIN)


def public(request: HttpRequest) -> HttpResponse:
    """Answer everybody."""
    return JsonResponse(api.PUBLIC)


def headers(request: HttpRequest) -> HttpResponse:
    """Answer with a header."""
    return JsonResponse(api.PUBLIC, headers=api.COUNTED)


def old(request: HttpRequest) -> HttpResponse:
    """Redirect."""
    return HttpResponseRedirect("/items")


def error(request: HttpRequest) -> HttpResponse:
    """Fail."""
    raise api.PlannedError


urlpatterns = [
    path("items", items),
    path("items/<int:number>", item),
    path("me", me),
    path("login", login),
    path("public", public),
    path("headers", headers),
    path("old", old),
    path("error", error),
]
