"""corsproof: real browsers cross from one local site to another, and what a CORS policy lets through is proven."""

from importlib.metadata import PackageNotFoundError, version

try:
    __version__ = version("corsproof")
except PackageNotFoundError:  # a checkout that was never installed
    __version__ = "0+unknown"
