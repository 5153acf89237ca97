"""corsproof: real browsers cross from one local site to another, and what a CORS policy lets through is proven."""


def __getattr__(name: str) -> str:
    """Look the version up when somebody asks for it: that takes as long as the rest of `corsproof --help`."""
    if name != "__version__":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("corsproof")
    except PackageNotFoundError:  # a checkout that was never installed
        return "0+unknown"
