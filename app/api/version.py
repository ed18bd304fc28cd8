"""Which version of the product this is."""

from importlib import metadata

UNINSTALLED = "0+source"


def product_version() -> str:
    """The installed version; a checkout that was never installed has none."""
    try:
        return metadata.version("ai-video-creator")
    except metadata.PackageNotFoundError:
        return UNINSTALLED
