"""The colours of plots, widgets and reports: one pair for genuine and impostor, on light ground and on dark.

Blue and vermilion are told apart with every common kind of colour blindness (Okabe & Ito, 2008, Color Universal
Design). On light ground both are a shade darker than theirs, so that words in them can be read: 4.5 to 1 (WCAG 2.2,
1.4.3).
"""

COLOURS = {
    "surface": ("#ffffff", "#1b1f24"),
    "deep": ("#e9ebef", "#2f363f"),
    "text": ("#1f2328", "#e6e9ed"),
    "soft": ("#59636e", "#a3acb7"),
    "line": ("#c9ced6", "#434b55"),
    "focus": ("#1976d2", "#6cb2ff"),
    "link": ("#0b57a4", "#8ec5ff"),
    "genuine": ("#006ba8", "#56b4e9"),
    "genuine-tint": ("#dcebf5", "#12374d"),
    "impostor": ("#b34a00", "#ff9d66"),
    "impostor-tint": ("#fbe9de", "#51301d"),
    "on-solid": ("#ffffff", "#14181d"),
    "on-picture": ("#9adcff", "#9adcff"),
    "error": ("#b3261e", "#ff8a80"),
    "warning": ("#8a5a00", "#f0b849"),
}
"""By name: on light ground, on dark ground. What is accepted has genuine's, what is rejected or wrong impostor's."""

# Registered as a colour, a name means one to scripts too: unregistered they would read "light-dark(...)" of it.
_REGISTERED = '@property --sc-{name} {{ syntax: "<color>"; inherits: true; initial-value: {light} }}'


def write_palette(scope: str) -> str:
    """Write the colours as a style sheet, which follows the reader's choice of light or dark.

    Parameters
    ----------
    scope : str
        The selector of what they are for. There each is a custom property, such as `--sc-genuine`.
    """
    registered = [_REGISTERED.format(name=name, light=light) for name, (light, _) in COLOURS.items()]
    known = [f"  --sc-{name}: light-dark({light}, {dark});" for name, (light, dark) in COLOURS.items()]
    sunken = "  --sc-sunken: color-mix(in srgb, var(--sc-deep) 50%, var(--sc-surface));"
    return "\n".join([*registered, f"{scope} {{", "  color-scheme: light dark;", *known, sunken, "}\n"])
