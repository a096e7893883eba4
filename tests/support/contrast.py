"""Colours of a page in, their contrast out, as WCAG 2.2 computes it."""

import re

COLOURS = """
() => {
  const seen = [];
  const solid = colour => !/, 0\\)$|transparent/.test(colour);
  for (const element of document.querySelectorAll("body *")) {
    const own = [...element.childNodes].some(
      node => node.nodeType === Node.TEXT_NODE && node.textContent.trim()
    );
    const style = getComputedStyle(element);
    if (!own || style.visibility === "hidden" || !element.getClientRects().length) continue;
    let behind = element;
    while (behind && !solid(getComputedStyle(behind).backgroundColor))
      behind = behind.parentElement;
    seen.push([
      element.textContent.trim().slice(0, 40), style.color,
      behind ? getComputedStyle(behind).backgroundColor : "none",
    ]);
  }
  return seen;
}
"""
"""A script that returns each text of a page with its colour and what is behind it."""


def ground(backgrounds: set[str]) -> set[str]:
    """Return backgrounds without that of the button, which is the same in light and dark."""
    return {each for each in backgrounds if luminance(each) > 0.5 or luminance(each) < 0.05}


def luminance(colour: str) -> float:
    """Return the relative luminance of a colour as CSS computes it (WCAG 2.2)."""
    channels = [int(number) / 255 for number in re.findall(r"\d+", colour)[:3]]
    red, green, blue = (
        each / 12.92 if each <= 0.04045 else ((each + 0.055) / 1.055) ** 2.4 for each in channels
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of two colours (WCAG 2.2)."""
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)
