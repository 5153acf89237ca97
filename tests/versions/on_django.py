"""Django under django-cors-headers, whose settings are in the environment."""

from __future__ import annotations

import json
import os

import django
from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from django.http import HttpRequest, HttpResponse
from django.urls import path

settings.configure(
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF=__name__,
    SECRET_KEY="-",
    INSTALLED_APPS=["corsheaders"],
    MIDDLEWARE=["corsheaders.middleware.CorsMiddleware"],
    **json.loads(os.environ["CORS"]),
)
django.setup()


def login(request: HttpRequest) -> HttpResponse:
    """Sign in."""
    response = HttpResponse("in")
    response["Set-Cookie"] = "session=of-ada; HttpOnly; Secure; SameSite=None; Path=/"
    return response


def me(request: HttpRequest) -> HttpResponse:
    """Answer who is signed in."""
    known = "session" in request.COOKIES
    return HttpResponse("the secret" if known else "log in first", status=200 if known else 401)


urlpatterns = [path("login", login), path("me", me)]
app = WSGIHandler()
