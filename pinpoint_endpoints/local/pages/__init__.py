"""The pages of the local Pinpoint for a person: HTML without scripts, which only reads."""

from pinpoint_endpoints.local.pages.about import About, about_store
from pinpoint_endpoints.local.pages.app import pages_app

__all__ = ["About", "about_store", "pages_app"]
