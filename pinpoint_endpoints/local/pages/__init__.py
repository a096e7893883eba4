"""The web pages of the local Pinpoint: HTML without scripts, which only reads."""

from pinpoint_endpoints.local.pages.about import About, about_store
from pinpoint_endpoints.local.pages.views import pages_app

__all__ = ["About", "about_store", "pages_app"]
